import { needs, RangeRefusal } from "./errors/errors.ts";

/** @throws {RangeError} If the vectors differ in length. */
export function assertSameLength(act: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new RangeRefusal(needs(act, `vectors of one length, ${a.length}`, b.length));
}

/**
 * Σ aᵢbᵢ of two vectors of one length, in double precision; four sums side by side, as one alone waits for each
 * addition before it begins the next.
 */
export function dot(a: Float32Array, b: Float32Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    first += (a[i] ?? 0) * (b[i] ?? 0);
    second += (a[i + 1] ?? 0) * (b[i + 1] ?? 0);
    third += (a[i + 2] ?? 0) * (b[i + 2] ?? 0);
    fourth += (a[i + 3] ?? 0) * (b[i + 3] ?? 0);
  }
  for (let i = whole; i < a.length; i++) first += (a[i] ?? 0) * (b[i] ?? 0);
  return first + second + (third + fourth);
}

/** The least and the largest of the values of all vectors; infinities the wrong way round where there is none. */
export function findRange(...vectors: readonly Float32Array[]): [least: number, largest: number] {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const vector of vectors) {
    for (const value of vector) {
      if (value < least) least = value;
      if (value > largest) largest = value;
    }
  }
  return [least, largest];
}

/** The vectors one after another in a new one, which the caller owns. */
export function concatVectors(vectors: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const vector of vectors) {
    whole.set(vector, filled);
    filled += vector.length;
  }
  return whole;
}

/** The least normal float32: means of squares are zero below it. */
export const LEAST_NORMAL = 2 ** -126;

/** The number whose square is the least normal float32. */
export const LEAST_ROOT = 2 ** -63;

/** 2⁻¹⁰⁰, about 8e-31: what is nearer to zero is taken for zero where values decay, in the kernels, too. */
export const TINY = 2 ** -100;

/**
 * x, and 0 where |x| is below `TINY`; NaN stays NaN. A float32 that decays further becomes subnormal, and stays so for
 * ever, as 0.9 times the smallest is rounded to the smallest again; many processors are a hundred times slower on it.
 */
export function flushTiny(x: number): number {
  return Math.abs(x) < TINY ? 0 : x;
}

/** target += factor · addend, in place, tiny sums flushed to 0; one length. */
export function addScaled(target: Float32Array, addend: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = flushTiny((target[i] ?? 0) + factor * (addend[i] ?? 0));
}

/** target += factor · values², in place, tiny sums flushed to 0; one length. */
export function addSquares(target: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) {
    const value = values[i] ?? 0;
    target[i] = flushTiny((target[i] ?? 0) + factor * value * value);
  }
}

/** target ← factor · target, in place, tiny products flushed to 0. */
export function scaleVector(target: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = flushTiny(factor * (target[i] ?? 0));
}

/** target += factor · |values|, in place, tiny sums flushed to 0; one length. */
export function addAbsolutes(target: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = flushTiny((target[i] ?? 0) + factor * Math.abs(values[i] ?? 0));
}
