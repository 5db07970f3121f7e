import { cannot } from "./errors.ts";

/** @throws {RangeError} If the vectors differ in length. */
export function assertSameLength(act: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new RangeError(cannot(act, `vectors of one length, ${a.length}`, b.length));
}

/** Σ aᵢbᵢ of two vectors of one length, in double precision. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** target += factor · addend, in place; one length. */
export function addScaled(target: Float32Array, addend: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (addend[i] ?? 0);
}

/** target += factor · values², in place; one length. */
export function addSquares(target: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) {
    const value = values[i] ?? 0;
    target[i] = (target[i] ?? 0) + factor * value * value;
  }
}

/** target ← factor · target, in place. */
export function scaleVector(target: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = factor * (target[i] ?? 0);
}

/** target += factor · |values|, in place; one length. */
export function addAbsolutes(target: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * Math.abs(values[i] ?? 0);
}
