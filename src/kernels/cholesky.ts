import { needs } from "../core/errors/errors.ts";
import { multiplyByTransposed } from "./matrix_product.ts";

/** Columns that are eliminated at a time: what they mean for all columns behind them is one matrix product. */
const PANEL = 32;

/** Columns `start` to `end` (not included). */
interface Panel {
  readonly start: number;
  readonly end: number;
}

/**
 * The lower triangular L with LLᵀ = A, row-major [n, n] in double precision; above the diagonal it holds zeros. The
 * caller owns the result.
 * @param matrix A, [n, n], symmetric; only its lower triangle is read.
 * @throws {RangeError} If A is not positive definite.
 */
export function factorCholesky(matrix: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) lower.set(matrix.subarray(i * n, i * n + i + 1), i * n);
  for (let start = 0; start < n; start += PANEL) {
    const end = Math.min(start + PANEL, n);
    eliminatePanel(lower, n, { start, end });
    subtractPanel(lower, n, { start, end });
  }
  return lower;
}

/** Finishes the panel's columns, from which those before it are subtracted already. */
function eliminatePanel(lower: Float64Array, n: number, { start, end }: Panel): void {
  for (let i = start; i < n; i++) {
    for (let j = start; j <= i && j < end; j++) {
      let sum = lower[i * n + j] ?? 0;
      for (let k = start, a = i * n + k, b = j * n + k; k < j; k++, a++, b++) sum -= (lower[a] ?? 0) * (lower[b] ?? 0);
      if (i !== j) {
        lower[i * n + j] = sum / (lower[j * n + j] ?? 1);
        continue;
      }
      if (!(sum > 0)) {
        throw new RangeError(needs("the Cholesky factorization", "a positive definite one", `${sum} at pivot ${i}`));
      }
      lower[i * n + i] = Math.sqrt(sum);
    }
  }
}

/** Subtracts PPᵀ from the columns behind the panel, P being the panel's rows there. */
function subtractPanel(lower: Float64Array, n: number, { start, end }: Panel): void {
  const [rows, columns] = [n - end, end - start];
  if (rows === 0) return;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    data.set(lower.subarray((end + i) * n + start, (end + i) * n + end), i * columns);
  }
  const panel = { data, rows, columns };
  const product = multiplyByTransposed(panel, panel).data;
  for (let i = 0; i < rows; i++) {
    for (let j = 0, at = (end + i) * n + end; j <= i; j++, at++) {
      lower[at] = (lower[at] ?? 0) - (product[i * rows + j] ?? 0);
    }
  }
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
