import * as tf from "@tensorflow/tfjs";
import { mlp } from "../../src/models/simple_mlp.ts";

/** Weight number k of the recorded network: a number that float32 holds exactly. */
function weightAt(k: number): number {
  return (((k * 5) % 13) - 6) / 16;
}

/** A network with four hidden ReLU units and weights that do not depend on a seed: what PyTorch's figures are of. */
export function createModel({
  inputShape,
  numClasses,
}: {
  readonly inputShape: readonly number[];
  readonly numClasses: number;
}): tf.LayersModel {
  const model = mlp({ inputShape, numClasses, hiddenLayers: 1, hiddenSize: 4 });
  let next = 0;
  model.setWeights(
    model.getWeights().map(({ shape, size }) => {
      const values = Array.from({ length: size }, () => weightAt(next++));
      return tf.tensor(values, shape);
    }),
  );
  return model;
}
