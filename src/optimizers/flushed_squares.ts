/** No gradient above it is taken for 0, however small the share of its square. */
const LARGEST_ROOT = 2 ** -50;

/** Where squares are flushed, roots of at most 2⁻⁶³ are lost: beside this ε they do not matter. */
const LEAST_EPSILON = 2 ** -60;

/**
 * The least |g| of which share · g² is a normal float32. An optimizer that divides by a mean of squares takes smaller
 * gradients for 0: their squares would be subnormal numbers, on which many processors are slow.
 * @param share What the new square counts in the mean, from 0 to 1.
 */
export function findLeastRoot(share: number): number {
  return Math.min(LARGEST_ROOT, 2 ** -62 / Math.sqrt(share));
}

/**
 * ε, and 2⁻⁶⁰ (about 9e-19) where it is below that. Without it, a parameter whose squares were flushed to 0 would be
 * divided by 0.
 */
export function limitEpsilon(epsilon: number): number {
  return Math.max(epsilon, LEAST_EPSILON);
}
