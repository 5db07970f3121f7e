import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../engine.ts";

/**
 * The unweighted loss of each row [n] from outputs and targets [n, C]; differentiable in the outputs. The class mask is
 * added to the outputs first. Cross-entropy is −Σ target · logSoftmax(output), which subtracts the largest logit first
 * and so does not overflow; binary cross-entropy is the mean over C of softplus(output) − target · output, mse that of
 * the squared difference. The caller owns the result.
 */
export function computeRowLosses(
  { kind, classMask }: Pick<Objective, "kind" | "classMask">,
  outputs: tf.Tensor2D,
  targets: tf.Tensor2D,
): tf.Tensor1D {
  return tf.tidy(() => {
    const logits = classMask ? tf.add<tf.Tensor2D>(outputs, tf.tensor1d(classMask.slice())) : outputs;
    switch (kind) {
      case "cross-entropy":
        return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1));
      case "binary-cross-entropy":
        return tf.mean(tf.sub(tf.softplus(logits), tf.mul(targets, logits)), 1);
      case "mse":
        return tf.mean(tf.squaredDifference(logits, targets), 1);
    }
  });
}
