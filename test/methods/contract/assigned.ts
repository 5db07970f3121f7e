import * as tf from "@tensorflow/tfjs";

/** Assigns as code does that no compiler looks at: in strict mode. */
export function assign(target: object, name: string, value: unknown): void {
  Object.assign(target, { [name]: value });
}

/** All weights of a model in one list. */
export function readWeights(model: tf.LayersModel): number[] {
  return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
}

/** Sets every trainable weight to one value. */
export function setTo(model: tf.LayersModel, value: number): void {
  for (const weight of model.trainableWeights) weight.write(tf.fill(weight.shape as number[], value));
}
