import * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { flag, listOf, number, oneOf, wholeNumber } from "../core/options/value_rules.ts";
import { RandomStream } from "../core/random_stream.ts";
import { addGrowingHead, callLayer } from "./growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";
import { assertHiddenSize } from "./model_size.ts";

/** What `simpleMLP` is built from; every option has a default. */
export interface SimpleMLPOptions {
  /** C, the number of logits; a growing head does without. Default 10. */
  readonly numClasses?: number;
  /** The shape of one sample; flattened. Default [28, 28, 1]. */
  readonly inputShape?: readonly number[];
  /** Units of each hidden layer. Default 512. */
  readonly hiddenSize?: number;
  /** 0 gives a linear classifier. Default 1. */
  readonly hiddenLayers?: number;
  /** The odds that a hidden unit is dropped in training, at least 0 and below 1. Default 0.5. */
  readonly dropRate?: number;
  /** Seeds the weights; the same seed gives the same model. Default 0. */
  readonly seed?: number;
  /** Default "relu". */
  readonly activation?: "relu" | "tanh";
  /** Whose default distribution the weights are drawn from. Default "pytorch". */
  readonly initialization?: "pytorch" | "keras";
  /** Ends in an IncrementalClassifier, which strategies widen as classes appear. Default false. */
  readonly incremental?: boolean;
  /** Ends in a MultiHeadClassifier, a head a task label, with a second input `task_labels`. Default false. */
  readonly multiHead?: boolean;
  /** Units of a growing head before the first experience. Default 2. */
  readonly initialUnits?: number;
}

/** What `mlp` is built from: the options of `simpleMLP`, with `dropout` for `dropRate`. */
export interface MLPOptions extends Omit<SimpleMLPOptions, "dropRate"> {
  /** The odds that a hidden unit is dropped in training. Default 0. */
  readonly dropout?: number;
}

const { dropRate: DROP_RATE, ...OTHER_RULES }: OptionRules<SimpleMLPOptions> = {
  numClasses: wholeNumber(1),
  inputShape: listOf(wholeNumber(1), 1),
  hiddenSize: wholeNumber(1),
  hiddenLayers: wholeNumber(),
  dropRate: number({ atLeast: 0, below: 1 }),
  seed: wholeNumber(),
  activation: oneOf(["relu", "tanh"]),
  initialization: oneOf(["pytorch", "keras"]),
  incremental: flag(),
  multiHead: flag(),
  initialUnits: wholeNumber(1),
};
const SIMPLE_MLP_RULES: OptionRules<SimpleMLPOptions> = { dropRate: DROP_RATE, ...OTHER_RULES };
const MLP_RULES: OptionRules<MLPOptions> = { dropout: DROP_RATE, ...OTHER_RULES };

/**
 * A multilayer perceptron: flatten → [dense → activation → dropout] × hiddenLayers → dense, giving logits [N, C].
 * Avalanche's SimpleMLP (Lomonaco et al. 2021, arXiv:2104.00405) with its defaults: 784-512-10, ReLU, dropout 0.5,
 * PyTorch's initialisation, 407,050 parameters. Layers are called flatten, fc0, dropout0, fc1, … classifier, so that
 * two builds have one layout. With `multiHead` it is MTSimpleMLP. The caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 * @example
 * const model = simpleMLP({ numClasses: 10, hiddenLayers: 2, hiddenSize: 256, dropRate: 0 });
 */
export function simpleMLP(options: SimpleMLPOptions = {}): tf.LayersModel {
  assertOptions("simpleMLP", options, SIMPLE_MLP_RULES);
  return buildMLP("simpleMLP", options);
}

/**
 * `simpleMLP` with the defaults of the plain MLPs that continual-learning baselines train: two hidden layers of 256
 * units, no dropout. The caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 */
export function mlp(options: MLPOptions = {}): tf.LayersModel {
  assertOptions("mlp", options, MLP_RULES);
  const { dropout = 0, ...others } = omitUndefined(options);
  return buildMLP("mlp", { hiddenLayers: 2, hiddenSize: 256, ...others, dropRate: dropout });
}

function buildMLP(builder: string, options: SimpleMLPOptions): tf.LayersModel {
  const settings = completeOptions(builder, options);
  const { hiddenLayers, hiddenSize: units, dropRate: rate, activation } = settings;
  const inputs = countElements(settings.inputShape);
  assertHiddenSize(builder, { ...settings, inputs, outputs: settings.numClasses });
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const layers: tf.layers.Layer[] = [];
  if (settings.inputShape.length > 1)
    layers.push(tf.layers.flatten({ name: "flatten", ...shapeOfFirst(settings, layers) }));
  for (let i = 0; i < hiddenLayers; i++) {
    layers.push(createDense({ name: `fc${i}`, units, activation, ...shapeOfFirst(settings, layers) }));
    layers.push(tf.layers.dropout({ name: `dropout${i}`, rate }));
  }
  const model = addClassifier(layers, settings);
  const initialize = settings.initialization === "pytorch" ? initializeLikePyTorch : initializeLikeKeras;
  initialize(model, new RandomStream(settings.seed, "init"));
  return model;
}

function addClassifier(layers: tf.layers.Layer[], settings: Required<SimpleMLPOptions>): tf.LayersModel {
  const { incremental, multiHead, initialUnits, inputShape, numClasses: units } = settings;
  const name = "simple_mlp";
  if (!incremental && !multiHead) {
    const classifier = createDense({ name: "classifier", units, ...shapeOfFirst(settings, layers) });
    return tf.sequential({ name, layers: [...layers, classifier] });
  }
  const input = tf.input({ shape: [...inputShape] });
  const features = layers.reduce(callLayer, input);
  const kind = multiHead ? "multi-head" : "incremental";
  const head = addGrowingHead(features, { kind, name: "classifier", initialUnits });
  return tf.model({ name, inputs: [input, ...head.inputs], outputs: head.outputs });
}

function completeOptions(builder: string, options: SimpleMLPOptions): Required<SimpleMLPOptions> {
  const settings: Required<SimpleMLPOptions> = {
    numClasses: 10,
    inputShape: [28, 28, 1],
    hiddenSize: 512,
    hiddenLayers: 1,
    dropRate: 0.5,
    seed: 0,
    activation: "relu",
    initialization: "pytorch",
    incremental: false,
    multiHead: false,
    initialUnits: 2,
    ...omitUndefined(options),
  };
  if (settings.incremental && settings.multiHead) {
    throw new RangeRefusal(`${builder}: incremental and multiHead exclude each other`);
  }
  return settings;
}

/** The first layer of a sequential model carries the input's shape. */
function shapeOfFirst(
  settings: { inputShape: readonly number[] },
  layers: readonly unknown[],
): { inputShape?: number[] } {
  return layers.length === 0 ? { inputShape: [...settings.inputShape] } : {};
}

/** Weights are drawn after building: zeros here spare every replica that loads the topology the default draws. */
function createDense(options: Parameters<typeof tf.layers.dense>[0]): tf.layers.Layer {
  return tf.layers.dense({ kernelInitializer: "zeros", biasInitializer: "zeros", ...options });
}
