import * as tf from "@tensorflow/tfjs";

/** A tensor to be read, and the array of its size that gets its values. */
export interface Readback {
  readonly tensor: tf.Tensor;
  readonly destination: Float32Array;
}

/**
 * Runs `compute` in a tidy and reads what it names back as one tensor, since on a GPU every reading waits for the
 * device. Nothing that `compute` made is left, but for what it kept.
 */
export async function readBack(compute: () => readonly Readback[]): Promise<void> {
  const destinations: Float32Array[] = [];
  const packed = tf.tidy(() => {
    const readbacks = compute();
    for (const { destination } of readbacks) destinations.push(destination);
    return tf.concat(readbacks.map(({ tensor }) => tf.reshape<tf.Rank.R1>(tensor, [-1])));
  });
  try {
    const values = await packed.data<"float32">();
    let offset = 0;
    for (const destination of destinations) {
      destination.set(values.subarray(offset, offset + destination.length));
      offset += destination.length;
    }
  } finally {
    packed.dispose();
  }
}
