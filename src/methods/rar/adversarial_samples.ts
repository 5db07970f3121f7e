import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";

/** Samples by what they look like to a model and what they are. */
export interface LabelledFeatures {
  /** [N, F] */
  readonly features: HostTensor;
  /** Class ids [N]. */
  readonly y: Int32Array;
}

/**
 * For each sample, the class of the nearest of `others` (by Euclidean distance of features) that is of another class;
 * the first of equally near ones.
 * @returns Class ids [N], −1 where all others are of the sample's class. The caller owns them.
 */
export function findNearestOtherClasses(samples: LabelledFeatures, others: LabelledFeatures): Int32Array {
  const [, width] = matrixShape(samples.features.shape);
  const [a, b] = [samples.features.data, others.features.data];
  return samples.y.map((label, row) => {
    let [nearest, target] = [Number.POSITIVE_INFINITY, -1];
    for (const [other, otherLabel] of others.y.entries()) {
      if (otherLabel === label) continue;
      let square = 0;
      for (let i = 0; i < width; i++) square += ((a[row * width + i] ?? 0) - (b[other * width + i] ?? 0)) ** 2;
      if (square < nearest) [nearest, target] = [square, otherLabel];
    }
    return target;
  });
}

/** One step of a targeted attack with momentum. */
export interface AttackStep {
  /** The samples [N, …], moved in place. */
  readonly x: HostTensor;
  /** g [N, …], updated in place; zeros before the first step. */
  readonly momentum: Float32Array;
  /** Of the loss that is to fall, with respect to the samples [N, …]. */
  readonly gradient: Float32Array;
  /** μ */
  readonly decay: number;
  /** How far each value moves. */
  readonly stepSize: number;
  /** The least and the largest value that there may be. */
  readonly range: readonly [number, number];
}

/**
 * g ← μg + ∇/‖∇‖₁ for each sample, then x ← x − stepSize · sign(g), kept within the range. A sample whose gradient and
 * momentum are 0 stays.
 * @see Dong et al. 2018, Boosting Adversarial Attacks with Momentum, arXiv:1710.06081
 */
export function stepTowardsTarget({ x, momentum, gradient, decay, stepSize, range }: AttackStep): void {
  const rows = elementAt(x.shape, 0);
  const width = rows === 0 ? 0 : x.data.length / rows;
  const [least, largest] = range;
  for (let start = 0; start < x.data.length; start += width) {
    let norm = 0;
    for (let i = start; i < start + width; i++) norm += Math.abs(gradient[i] ?? 0);
    for (let i = start; i < start + width; i++) {
      const g = decay * (momentum[i] ?? 0) + (norm === 0 ? 0 : (gradient[i] ?? 0) / norm);
      momentum[i] = g;
      if (g === 0) continue;
      x.data[i] = Math.min(largest, Math.max(least, (x.data[i] ?? 0) - stepSize * Math.sign(g)));
    }
  }
}
