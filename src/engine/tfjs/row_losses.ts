import type { Objective } from "../engine.ts";
import * as tf from "./tensorflow.ts";

/** 1 − p has no smaller value but 0 in float32, where p is a probability near 1. */
const SMALLEST_DOUBT = 2 ** -24;

/**
 * The unweighted loss of each row [n] from outputs and targets [n, C]; differentiable in the outputs. The class mask is
 * added to the outputs first. Cross-entropy is −Σ target · logSoftmax(output), which subtracts the largest logit first
 * and so does not overflow; focal has (1 − p)^γ in the sum, too. The others are means over C of a loss of each output,
 * weighed if asked for. The caller owns the result.
 */
export function computeRowLosses(
  objective: Omit<Objective, "targets" | "weights">,
  outputs: tf.Tensor2D,
  targets: tf.Tensor2D,
): tf.Tensor1D {
  const { kind, classMask, constant = 0 } = objective;
  return tf.tidy(() => {
    const logits = classMask ? tf.add<tf.Tensor2D>(outputs, tf.tensor1d(classMask.slice())) : outputs;
    switch (kind) {
      case "cross-entropy":
        return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1));
      case "focal": {
        const logProbabilities = tf.logSoftmax(logits);
        const doubt = tf.maximum(tf.sub(1, tf.exp(logProbabilities)), SMALLEST_DOUBT);
        const weighted = tf.mul(targets, tf.exp(tf.mul(constant, tf.log(doubt))));
        return tf.neg(tf.sum(tf.mul(weighted, logProbabilities), 1));
      }
      case "binary-cross-entropy":
        return average(tf.sub(tf.softplus(logits), tf.mul(targets, logits)), objective);
      case "binary-focal": {
        const yes = tf.mul(targets, computeFocalSide(logits, constant));
        return average(tf.add(yes, tf.mul(tf.sub(1, targets), computeFocalSide(tf.neg(logits), constant))), objective);
      }
      case "mse":
        return average(tf.squaredDifference(logits, targets), objective);
      case "huber": {
        const error = tf.sub(logits, targets);
        const held = tf.clipByValue(error, -constant, constant);
        return average(tf.mul(held, tf.sub(error, tf.mul(held, 0.5))), objective);
      }
    }
  });
}

/** σ(−u)^γ · ln(1 + e⁻ᵘ): what is lost where u should be large. */
function computeFocalSide(u: tf.Tensor2D, gamma: number): tf.Tensor2D {
  return tf.mul(tf.exp(tf.mul(-gamma, tf.softplus(u))), tf.softplus(tf.neg(u)));
}

/** The mean over C of a loss of each output [n, C], weighed if asked for. */
function average(terms: tf.Tensor, { elementWeights }: Pick<Objective, "elementWeights">): tf.Tensor1D {
  const weighted = elementWeights ? tf.mul(terms, tf.tensor(elementWeights.slice(), terms.shape)) : terms;
  return tf.mean(weighted, 1);
}
