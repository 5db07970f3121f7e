import { RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import { RandomStream } from "../core/random_stream.ts";
import { Standardization } from "../engine/tfjs/layers/standardization.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { addGrowingHead, callLayer } from "./growth/growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";
import { assertHiddenSize } from "./model_size.ts";
import { MLP_OPTIONS, type MLPOptions, SIMPLE_MLP_OPTIONS, type SimpleMLPOptions } from "./options.ts";

type Settings = ResolvedOptions<typeof SIMPLE_MLP_OPTIONS>;

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
  return buildMLP("simpleMLP", resolveOptions("simpleMLP", options, SIMPLE_MLP_OPTIONS));
}

/**
 * `simpleMLP` with the defaults of the plain MLPs that continual-learning baselines train: two hidden layers of 256
 * units, no dropout. The caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 */
export function mlp(options: MLPOptions = {}): tf.LayersModel {
  const { dropout: dropRate, ...others } = resolveOptions("mlp", options, MLP_OPTIONS);
  return buildMLP("mlp", { ...others, dropRate });
}

function buildMLP(builder: string, settings: Settings): tf.LayersModel {
  if (settings.incremental && settings.multiHead) {
    throw new RangeRefusal(`${builder}: incremental and multiHead exclude each other`);
  }
  const { hiddenLayers, hiddenSize: units, dropRate: rate, activation } = settings;
  const inputs = countElements(settings.inputShape);
  assertHiddenSize(builder, { ...settings, inputs, outputs: settings.numClasses });
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const layers: tf.layers.Layer[] = [];
  if (settings.standardize)
    layers.push(new Standardization({ name: "standardization", ...shapeOfFirst(settings, layers) }));
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

function addClassifier(layers: tf.layers.Layer[], settings: Settings): tf.LayersModel {
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
