import process from "node:process";
import * as tf from "@tensorflow/tfjs";

/** A model for `--model path=…` that fits no benchmark of MNIST's: FIRN_TEST_MISFIT says in what. */
export function createModel({ inputShape, numClasses }: { inputShape: number[]; numClasses: number }): tf.LayersModel {
  const misfit = process.env.FIRN_TEST_MISFIT;
  const shape = misfit === "samples" ? [32, 32, 3] : inputShape;
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.flatten({ inputShape: shape }),
      ...(misfit === "rows" ? [layers.batchNormalization({ name: "norm" })] : []),
      layers.dense({ units: misfit === "classes" ? numClasses - 3 : numClasses }),
    ],
  });
  // A kernel that says that it is so large takes no memory.
  if (misfit === "size") Object.assign(model.trainableWeights[0] ?? {}, { shape: [2 ** 16, 2 ** 15] });
  return model;
}
