import * as tf from "./tensorflow.ts";

/** `TINY` of core/vector.ts: 2⁻¹⁰⁰, about 8e-31. */
const TINY = 2 ** -100;

/**
 * x itself; the gradient that goes back through it is 0 where it is below 2⁻¹⁰⁰. Where a model is sure, a softmax's
 * gradient would be subnormal numbers, and the gradients made of it too; many processors are a hundred times slower on
 * those. The graphs of the engine onnxruntime do the same.
 */
export function flushGradient(x: tf.Tensor2D): tf.Tensor2D {
  const pass = tf.customGrad<tf.Tensor2D>(() => ({ value: tf.clone(x), gradFunc: flush }));
  return pass(x);
}

function flush(dy: tf.Tensor): tf.Tensor {
  return tf.mul(dy, tf.cast(tf.greaterEqual(tf.abs(dy), TINY), "float32"));
}
