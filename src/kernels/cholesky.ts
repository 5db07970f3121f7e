import { PositiveSolver } from "./positive_solver.ts";

/**
 * The lower triangular L with LLᵀ = A, row-major [n, n] in double precision; above the diagonal it holds zeros. The
 * caller owns the result.
 * @param matrix A, [n, n], symmetric; only its lower triangle is read.
 * @throws {RangeError} If A is not positive definite.
 */
export function factorCholesky(matrix: Float64Array, n: number): Float64Array<ArrayBuffer> {
  using solver = new PositiveSolver(n);
  solver.factor(matrix);
  return solver.copyLower();
}

/** Solves Lx = b in place: b becomes x. L is [n, n] as `factorCholesky` gives it, b is [n]. */
export function solveLower(lower: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let sum = b[i] ?? 0;
    for (let k = 0, at = i * n; k < i; k++, at++) sum -= (lower[at] ?? 0) * (b[k] ?? 0);
    b[i] = sum / (lower[i * n + i] ?? 1);
  }
}

/** Solves Lᵀx = b in place: b becomes x. */
export function solveUpper(lower: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = n - 1; i >= 0; i--) {
    const value = (b[i] ?? 0) / (lower[i * n + i] ?? 1);
    b[i] = value;
    // Row by row, so that L is read in the order in which it lies.
    for (let k = 0, at = i * n; k < i; k++, at++) b[k] = (b[k] ?? 0) - (lower[at] ?? 0) * value;
  }
}

/** The inverse [n, n] of L, lower triangular as well. The caller owns the result. L is as `factorCholesky` gives it. */
export function invertLower(lower: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const unit = new Float64Array(n);
    unit[column] = 1;
    solveLower(lower, unit);
    for (let row = column; row < n; row++) inverse[row * n + column] = unit[row] ?? 0;
  }
  return inverse;
}
