import * as tf from "@tensorflow/tfjs";

/** A layer of a user's own: y = 2x. Registered when this module is imported. */
class Doubling extends tf.layers.Layer {
  static className = "FirnTestDoubling";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!x) throw new TypeError("Wanted an input");
    return tf.mul(x, 2);
  }
}
tf.serialization.registerClass(Doubling);

/** What `--model path=…` calls, for any samples and classes. */
export function createModel({ inputShape, numClasses }: { inputShape: number[]; numClasses: number }): tf.LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [layers.flatten({ inputShape }), new Doubling({ name: "twice" }), layers.dense({ units: numClasses })],
  });
}
