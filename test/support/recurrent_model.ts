import * as tf from "@tensorflow/tfjs";

/** A model for `--model path=…` whose recurrent layer leaves times out: exported files hold it as a Scan. */
export function createModel({ inputShape, numClasses }: { inputShape: number[]; numClasses: number }): tf.LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.reshape({ inputShape, targetShape: [...inputShape, 1] }),
      layers.masking({ maskValue: 0 }),
      layers.lstm({ units: 2 }),
      layers.dense({ units: numClasses }),
    ],
  });
}
