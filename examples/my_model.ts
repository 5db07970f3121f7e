/** A model of your own for the command line: `--model path=examples/my_model.ts`. */
import * as tf from "@tensorflow/tfjs";
import { initializeLikePyTorch, RandomStream } from "firn";

/** Any `tf.LayersModel` that turns samples into logits [N, numClasses]. */
export function createModel(options: {
  inputShape: readonly number[];
  numClasses: number;
  seed: number;
}): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ name: "flatten", inputShape: [...options.inputShape] }),
      tf.layers.dense({ name: "hidden", units: 128, activation: "tanh" }),
      tf.layers.dense({ name: "classifier", units: options.numClasses }),
    ],
  });
  initializeLikePyTorch(model, new RandomStream(options.seed, "init"));
  return model;
}
