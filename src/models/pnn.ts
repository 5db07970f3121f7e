import * as tf from "@tensorflow/tfjs";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { COMPATIBILITIES, type Compatibility } from "../core/options/compatibility.ts";
import { listOf, oneOf, wholeNumber } from "../core/options/value_rules.ts";
import { RandomStream } from "../core/random_stream.ts";
import { ProgressiveNetwork } from "../engine/tfjs/layers/progressive_network.ts";
import { TASK_LABELS_NAME } from "../onnx/layers/input.ts";
import { drawColumnTensor } from "./draw_columns.ts";
import { callLayer } from "./growing_classifier.ts";
import { assertHiddenSize } from "./model_size.ts";
import { flattenWeights, restoreWeights } from "./model_snapshot.ts";

/** What `pnn` is built from; every option has a default. */
export interface PNNOptions {
  /** The shape of one sample; flattened. Default [28, 28, 1]. */
  readonly inputShape?: readonly number[];
  /** Hidden layers of each column, at least 1. Default 1. */
  readonly hiddenLayers?: number;
  /** Units of each hidden layer of each column. Default 100. */
  readonly hiddenSize?: number;
  /** What joins a column to those before it: "linear" a matrix, "mlp" a hidden layer of their own. Default "mlp". */
  readonly adapter?: "linear" | "mlp";
  /**
   * "paper": all layers but the first, the output included, are joined to the layer below in earlier columns.
   * "avalanche": hidden layers alone are, the first to the input once more for each earlier column; the adapter is the
   * one asked for there, too, where Avalanche always takes "mlp". Default "paper".
   */
  readonly compatibility?: Compatibility;
  /** Units of the output before the first experience. Default 2. */
  readonly initialUnits?: number;
  /** Seeds the weights; the same seed gives the same model. Default 0. */
  readonly seed?: number;
}

const PNN_RULES: OptionRules<PNNOptions> = {
  inputShape: listOf(wholeNumber(1), 1),
  hiddenLayers: wholeNumber(1),
  hiddenSize: wholeNumber(1),
  adapter: oneOf(["linear", "mlp"]),
  compatibility: oneOf(COMPATIBILITIES),
  initialUnits: wholeNumber(1),
  seed: wholeNumber(),
};

/**
 * A progressive neural network of dense layers with ReLU, with a second input `task_labels`. It begins with one column;
 * strategies add one for each new task label that they train, joined to all columns before it, and only the newest is
 * trained. Rows of labels without a column answer −1000 for all classes. All its columns are one layer, "columns". The
 * caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 * @see Rusu et al. 2016, Progressive Neural Networks, arXiv:1606.04671; the defaults are Avalanche's (Lomonaco et al.
 * 2021)
 */
export function pnn(options: PNNOptions = {}): tf.LayersModel {
  assertOptions("pnn", options, PNN_RULES);
  const { inputShape = [28, 28, 1], hiddenLayers = 1, hiddenSize = 100, adapter = "mlp", seed = 0 } = options;
  const { compatibility = "paper", initialUnits = 2 } = options;
  assertHiddenSize("pnn", { inputs: countElements(inputShape), hiddenSize, hiddenLayers, outputs: initialUnits });
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const laterals = compatibility === "paper" ? "hidden" : "input";
  const settings = { hiddenLayers, hiddenSize, adapter, laterals, units: initialUnits, tasks: [] } as const;
  const columns = new ProgressiveNetwork({ name: "columns", ...settings });
  const input = tf.input({ shape: [...inputShape] });
  const labels = tf.input({ shape: [], dtype: "int32", name: TASK_LABELS_NAME });
  const flat = inputShape.length > 1 ? callLayer(input, tf.layers.flatten({ name: "flatten" })) : input;
  const model = tf.model({ name: "pnn", inputs: [input, labels], outputs: callLayer([flat, labels], columns) });
  const { layout, parameters, state } = flattenWeights(model);
  const random = new RandomStream(seed, "init");
  for (const entry of layout.entries) {
    const draw = drawColumnTensor(entry, layout.entries, random);
    for (let i = entry.offset; i < entry.offset + entry.size; i++) parameters[i] = draw();
  }
  restoreWeights(model, { parameters, state });
  return model;
}
