import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../engine.ts";

/**
 * The unweighted loss of each row [n] from outputs and targets [n, C]; differentiable in the outputs.
 * Cross-entropy is −Σ target · logSoftmax(output), which subtracts the largest logit first and so does not overflow;
 * mse is the mean over C of the squared difference. The caller owns the result.
 */
export function computeRowLosses(kind: Objective["kind"], outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    switch (kind) {
      case "cross-entropy":
        return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(outputs)), 1));
      case "mse":
        return tf.mean(tf.squaredDifference(outputs, targets), 1);
    }
  });
}
