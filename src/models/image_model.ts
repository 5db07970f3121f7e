import * as tf from "@tensorflow/tfjs";
import { assertWholeNumber, cannot, describeUnknownName, RangeRefusal } from "../core/errors.ts";
import { RandomStream } from "../core/random_stream.ts";
import { addGrowingHead, callLayer } from "./growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";

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

/** What a model's own file says of it. */
export interface ImageModelPlan {
  /** In snake case. */
  readonly name: string;
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
export function buildImageModel({ name, options, smallest, addFeatures }: ImageModelPlan): tf.LayersModel {
  const settings = completeOptions(`build the model ${name}`, options, smallest);
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
  return { outputs: callLayer(features, createDense({ name, units })), inputs: [] };
}

function completeOptions(act: string, options: ImageModelOptions, smallest: number): Required<ImageModelOptions> {
  const settings: Required<ImageModelOptions> = {
    numClasses: 10,
    inputShape: [32, 32, 3],
    seed: 0,
    initialization: "pytorch",
    incremental: false,
    multiHead: false,
    initialUnits: 2,
    ...options,
  };
  assertWholeNumber(act, "numClasses", settings.numClasses, 1);
  assertWholeNumber(act, "seed", settings.seed);
  if (settings.inputShape.length !== 3) {
    throw new RangeRefusal(cannot(act, "an inputShape [height, width, channels]", settings.inputShape));
  }
  for (const length of settings.inputShape) assertWholeNumber(act, "every length in inputShape", length, 1);
  if (settings.inputShape.slice(0, 2).some((length) => length < smallest)) {
    throw new RangeRefusal(cannot(act, `images of at least ${smallest} by ${smallest} pixels`, settings.inputShape));
  }
  if (settings.incremental && settings.multiHead) {
    throw new RangeRefusal(cannot(act, "one of incremental and multiHead", "both"));
  }
  const names = ["pytorch", "keras"];
  if (!names.includes(settings.initialization)) {
    const unknown = describeUnknownName("initialization", settings.initialization, names);
    throw new RangeRefusal(`Cannot ${act}: ${unknown}`);
  }
  return settings;
}
