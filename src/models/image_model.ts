import * as tf from "@tensorflow/tfjs";
import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import type { OptionRules } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { flag, listOf, oneOf, wholeNumber } from "../core/options/value_rules.ts";
import { RandomStream } from "../core/random_stream.ts";
import { addGrowingHead, callLayer } from "./growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";
import { assertModelSize } from "./model_size.ts";

/** What models of images are built from; every option has a default. */
export interface ImageModelOptions {
  /** C, the number of logits; a growing head does without. Default 10. */
  readonly numClasses?: number;
  /** [height, width, channels] of one sample. Default [32, 32, 3]. */
  readonly inputShape?: readonly number[];
  /** Seeds the weights; the same seed gives the same model. Default 0. */
  readonly seed?: number;
  /** Whose default distribution the weights are drawn from. Default "pytorch". */
  readonly initialization?: "pytorch" | "keras";
  /** Ends in an IncrementalClassifier, which strategies widen as classes appear. Default false. */
  readonly incremental?: boolean;
  /** Ends in a MultiHeadClassifier, a head a task label, with a second input `task_labels`. Default false. */
  readonly multiHead?: boolean;
  /** Units of a growing head before the first experience. Default 2. */
  readonly initialUnits?: number;
}

/** What `ImageModelOptions` may be. */
export const IMAGE_MODEL_RULES: OptionRules<ImageModelOptions> = {
  numClasses: wholeNumber(1),
  inputShape: listOf(wholeNumber(1)),
  seed: wholeNumber(),
  initialization: oneOf(["pytorch", "keras"]),
  incremental: flag(),
  multiHead: flag(),
  initialUnits: wholeNumber(1),
};

/** What a model's own file says of it. */
export interface ImageModelPlan {
  /** The model's, in snake case. */
  readonly name: string;
  /** The function that builds it, for messages. */
  readonly builder: string;
  /** Checked. */
  readonly options: ImageModelOptions;
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
  const settings = completeOptions(builder, options, smallest);
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const input = tf.input({ shape: [...settings.inputShape], name: "images" });
  const features = addFeatures(input);
  const head = addClassifier(features, settings);
  const model = tf.model({ name, inputs: [input, ...head.inputs], outputs: head.outputs });
  const initialize = settings.initialization === "pytorch" ? initializeLikePyTorch : initializeLikeKeras;
  initialize(model, new RandomStream(settings.seed, "init"));
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

function addClassifier(features: tf.SymbolicTensor, settings: Required<ImageModelOptions>) {
  const { incremental, multiHead, initialUnits, numClasses: units } = settings;
  const name = "classifier";
  if (incremental || multiHead) {
    return addGrowingHead(features, { kind: multiHead ? "multi-head" : "incremental", name, initialUnits });
  }
  assertModelSize(name, [features.shape.at(-1) ?? 1, units]);
  return { outputs: callLayer(features, createDense({ name, units })), inputs: [] };
}

function completeOptions(builder: string, options: ImageModelOptions, smallest: number): Required<ImageModelOptions> {
  const settings: Required<ImageModelOptions> = {
    numClasses: 10,
    inputShape: [32, 32, 3],
    seed: 0,
    initialization: "pytorch",
    incremental: false,
    multiHead: false,
    initialUnits: 2,
    ...omitUndefined(options),
  };
  const { inputShape } = settings;
  if (inputShape.length !== 3) {
    throw new RangeRefusal(
      `${builder}: inputShape must be [height, width, channels], got ${describeValue(inputShape)}`,
    );
  }
  if (inputShape.slice(0, 2).some((length) => length < smallest)) {
    const got = describeValue(inputShape);
    throw new RangeRefusal(`${builder}: inputShape must be at least ${smallest} by ${smallest} pixels, got ${got}`);
  }
  if (settings.incremental && settings.multiHead) {
    throw new RangeRefusal(`${builder}: incremental and multiHead exclude each other`);
  }
  return settings;
}
