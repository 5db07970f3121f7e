import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import type { ResolvedOptions } from "../core/options/option_schema.ts";
import { RandomStream } from "../core/random_stream.ts";
import { Standardization } from "../engine/tfjs/layers/standardization.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { addGrowingHead, callLayer } from "./growth/growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";
import { assertModelSize } from "./model_size.ts";
import type { IMAGE_MODEL_OPTIONS } from "./options.ts";

type Settings = ResolvedOptions<typeof IMAGE_MODEL_OPTIONS>;

/** What a model's own file says of it. */
export interface ImageModelPlan {
  /** The model's, in snake case. */
  readonly name: string;
  /** The function that builds it, for messages. */
  readonly builder: string;
  /** With the defaults filled in. */
  readonly options: Settings;
  /** The smallest height and width that its layers can take. */
  readonly smallest: number;
  /** Adds the layers in front of the classifier to an input [N, H, W, C] and returns features [N, in]. */
  addFeatures(input: tf.SymbolicTensor): tf.SymbolicTensor;
}

/**
 * Builds input → features → classifier, a dense layer called "classifier" or a growing head, and draws the weights. The
 * caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 */
export function buildImageModel({ name, builder, options, smallest, addFeatures }: ImageModelPlan): tf.LayersModel {
  assertSettings(builder, options, smallest);
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const input = tf.input({ shape: [...options.inputShape], name: "images" });
  const samples = options.standardize ? callLayer(input, new Standardization({ name: "standardization" })) : input;
  const features = addFeatures(samples);
  const head = addClassifier(features, options);
  const model = tf.model({ name, inputs: [input, ...head.inputs], outputs: head.outputs });
  const initialize = options.initialization === "pytorch" ? initializeLikePyTorch : initializeLikeKeras;
  initialize(model, new RandomStream(options.seed, "init"));
  return model;
}

/** A convolution whose weights are drawn later: zeros spare every replica that loads the topology the default draws. */
export function createConvolution(options: Parameters<typeof tf.layers.conv2d>[0]): tf.layers.Layer {
  return tf.layers.conv2d({ kernelInitializer: "zeros", biasInitializer: "zeros", ...options });
}

/** Layers one after another. */
export function callLayers(x: tf.SymbolicTensor, layers: readonly tf.layers.Layer[]): tf.SymbolicTensor {
  return layers.reduce(callLayer, x);
}

/** A dense layer of zeros; see `createConvolution`. */
export function createDense(options: Parameters<typeof tf.layers.dense>[0]): tf.layers.Layer {
  return tf.layers.dense({ kernelInitializer: "zeros", biasInitializer: "zeros", ...options });
}

function addClassifier(features: tf.SymbolicTensor, settings: Settings) {
  const { incremental, multiHead, initialUnits, numClasses: units } = settings;
  const name = "classifier";
  if (incremental || multiHead) {
    return addGrowingHead(features, { kind: multiHead ? "multi-head" : "incremental", name, initialUnits });
  }
  assertModelSize(name, [features.shape.at(-1) ?? 1, units]);
  return { outputs: callLayer(features, createDense({ name, units })), inputs: [] };
}

function assertSettings(builder: string, { inputShape, incremental, multiHead }: Settings, smallest: number): void {
  if (inputShape.length !== 3) {
    throw new RangeRefusal(
      `${builder}: inputShape must be [height, width, channels], got ${describeValue(inputShape)}`,
    );
  }
  if (inputShape.slice(0, 2).some((length) => length < smallest)) {
    const got = describeValue(inputShape);
    throw new RangeRefusal(`${builder}: inputShape must be at least ${smallest} by ${smallest} pixels, got ${got}`);
  }
  if (incremental && multiHead) {
    throw new RangeRefusal(`${builder}: incremental and multiHead exclude each other`);
  }
}
