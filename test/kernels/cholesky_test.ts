import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { factorCholesky, invertLower, solveLower, solveUpper } from "../../src/kernels/cholesky.ts";

/** BBᵀ + I of a small random B, and a right-hand side. */
const systems = fc.integer({ min: 1, max: 6 }).chain((n) => {
  const number = fc.integer({ min: -20, max: 20 }).map((value) => value / 10);
  return fc.record({
    n: fc.constant(n),
    b: fc.array(number, { minLength: n * n, maxLength: n * n }),
    right: fc.array(number, { minLength: n, maxLength: n }),
  });
});

function makeMatrix(b: readonly number[], n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += (b[i * n + k] ?? 0) * (b[j * n + k] ?? 0);
    return sum;
  });
}

describe("factorCholesky()", () => {
  test("gives a lower triangle whose square is the matrix, and solves with it", () => {
    fc.assert(
      fc.property(systems, ({ n, b, right }) => {
        const matrix = makeMatrix(b, n);
        const lower = factorCholesky(matrix, n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let k = 0; k < n; k++) sum += (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
            expect(Math.abs(sum - (matrix[i * n + j] ?? 0))).toBeLessThan(1e-9);
            if (j > i) expect(lower[i * n + j]).toBe(0);
          }
        }
        const x = Float64Array.from(right);
        solveLower(lower, x);
        solveUpper(lower, x);
        for (let i = 0; i < n; i++) {
          const product = x.reduce((sum, value, j) => sum + (matrix[i * n + j] ?? 0) * value, 0);
          expect(Math.abs(product - (right[i] ?? 0))).toBeLessThan(1e-8);
        }
      }),
    );
  });

  test("gives a lower triangle whose square is the matrix, when it takes several panels", () => {
    const n = 71;
    const matrix = makeMatrix(
      Array.from({ length: n * n }, (_, at) => Math.sin(at * at)),
      n,
    );
    const lower = factorCholesky(matrix, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
        expect(Math.abs(sum - (matrix[i * n + j] ?? 0))).toBeLessThan(1e-9);
      }
    }
  });

  test("refuses a matrix that is not positive definite", () => {
    expect(() => factorCholesky(Float64Array.from([1, 2, 2, 1]), 2)).toThrow(
      "the Cholesky factorization needs a positive pivot 1, got -3",
    );
    expect(() => factorCholesky(Float64Array.from([Number.NaN]), 1)).toThrow(RangeError);
  });
});

describe("invertLower()", () => {
  test("gives a lower triangle that takes L to the identity", () => {
    fc.assert(
      fc.property(systems, ({ n, b }) => {
        const lower = factorCholesky(makeMatrix(b, n), n);
        const inverse = invertLower(lower, n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let k = 0; k < n; k++) sum += (inverse[i * n + k] ?? 0) * (lower[k * n + j] ?? 0);
            expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-9);
            if (j > i) expect(inverse[i * n + j]).toBe(0);
          }
        }
      }),
    );
  });
});
