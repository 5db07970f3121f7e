import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PositiveSolver } from "../../src/kernels/positive_solver.ts";

/** BBᵀ + I of numbers that look random, [n, n]. */
function makeMatrix(n: number, seed: number): Float64Array {
  const b = Float64Array.from({ length: n * n }, (_, at) => Math.sin(seed + at * at));
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += (b[i * n + k] ?? 0) * (b[j * n + k] ?? 0);
    return sum;
  });
}

function makeColumns(n: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, k) => Float64Array.from({ length: n }, (_, i) => Math.cos(i * (k + 1))));
}

/** x with (A + shift · I)x = b, by Gauss and Jordan. */
function solveSlowly(matrix: Float64Array, right: Float64Array, shift: number): number[] {
  const n = right.length;
  const rows = Array.from({ length: n }, (_, i) => {
    const row = [...matrix.subarray(i * n, (i + 1) * n), right[i] ?? 0];
    row[i] = (row[i] ?? 0) + shift;
    return row;
  });
  for (let column = 0; column < n; column++) {
    const top = rows[column] ?? [];
    const pivot = top[column] ?? 1;
    for (let j = column; j <= n; j++) top[j] = (top[j] ?? 0) / pivot;
    for (const [i, row] of rows.entries()) {
      const factor = row[column] ?? 0;
      if (i === column || factor === 0) continue;
      for (let j = column; j <= n; j++) row[j] = (row[j] ?? 0) - factor * (top[j] ?? 0);
    }
  }
  return rows.map((row) => row[n] ?? 0);
}

/** The largest difference, as a part of the largest value. */
function measureDifference(a: Float64Array | undefined, wanted: readonly number[]): number {
  const largest = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(value - (a?.[i] ?? Number.NaN)))) / largest;
}

describe("PositiveSolver", () => {
  test("solves what elimination solves, for any order, shift and number of right-hand sides", () => {
    const systems = fc.record({
      n: fc.integer({ min: 1, max: 40 }),
      count: fc.integer({ min: 1, max: 5 }),
      seed: fc.integer({ min: 1, max: 99 }),
      shift: fc.constantFrom(0, 1e-3, 7),
    });
    fc.assert(
      fc.property(systems, ({ n, count, seed, shift }) => {
        const [matrix, columns] = [makeMatrix(n, seed), makeColumns(n, count)];
        using solver = new PositiveSolver(n);
        solver.factor(matrix, shift);
        for (const [k, x] of solver.solve(columns).entries()) {
          const wanted = solveSlowly(matrix, columns[k] ?? new Float64Array(), shift);
          expect(measureDifference(x, wanted)).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("solves over several panels, with one matrix after another", () => {
    const n = 149;
    const columns = makeColumns(n, 3);
    using solver = new PositiveSolver(n);
    expect(() => solver.factor(makeMatrix(n, 5), -2000)).toThrow("the Cholesky factorization needs a positive pivot");
    for (const [seed, shift] of [
      [1, 0],
      [2, 0.5],
    ] as const) {
      const matrix = makeMatrix(n, seed);
      // Above the diagonal nothing is read.
      for (let i = 0; i < n; i++) matrix.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
      solver.factor(matrix, shift);
      for (const [k, x] of solver.solve(columns).entries()) {
        const wanted = solveSlowly(makeMatrix(n, seed), columns[k] ?? new Float64Array(), shift);
        expect(measureDifference(x, wanted)).toBeLessThan(1e-9);
      }
    }
  });

  test("says which pivot is not above 0, in any panel", () => {
    for (const pivot of [0, 7, 8, 130, 199]) {
      const n = 200;
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) matrix[i * n + i] = i === pivot ? -3 : 1;
      using solver = new PositiveSolver(n);
      expect(() => solver.factor(matrix, 1)).toThrow(`needs a positive pivot ${pivot}, got -2`);
    }
    using solver = new PositiveSolver(1);
    expect(() => solver.factor(Float64Array.of(Number.NaN))).toThrow("needs a positive pivot 0, got NaN");
  });
});
