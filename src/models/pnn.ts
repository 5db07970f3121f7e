import { countElements } from "../core/host_tensor.ts";
import { resolveOptions } from "../core/options/option_schema.ts";
import { RandomStream } from "../core/random_stream.ts";
import { ProgressiveNetwork } from "../engine/tfjs/layers/progressive_network.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { TASK_LABELS_NAME } from "../onnx/layers/input.ts";
import { drawColumnTensor } from "./draw_columns.ts";
import { callLayer } from "./growth/growing_classifier.ts";
import { assertHiddenSize } from "./model_size.ts";
import { flattenWeights, restoreWeights } from "./model_snapshot.ts";
import { PNN_OPTIONS, type PNNOptions } from "./options.ts";

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
  const settled = resolveOptions("pnn", options, PNN_OPTIONS);
  const { inputShape, hiddenLayers, hiddenSize, adapter, seed, compatibility, initialUnits } = settled;
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
