import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Matrix, multiply, multiplyByTransposed, transpose } from "../../src/kernels/matrix_product.ts";

/** Whole numbers, so that sums are exact in any order. */
function make(rows: number, columns: number, seed: number): Matrix {
  const data = Float64Array.from({ length: rows * columns }, (_, i) => Math.round(9 * Math.sin(seed + i)));
  return { data, rows, columns };
}

function at({ data, columns }: Matrix, row: number, column: number): number {
  return data[row * columns + column] ?? Number.NaN;
}

function multiplySlowly(a: Matrix, b: Matrix): Matrix {
  const data = Float64Array.from({ length: a.rows * b.columns }, (_, i) => {
    const [row, column] = [Math.floor(i / b.columns), i % b.columns];
    let sum = 0;
    for (let p = 0; p < a.columns; p++) sum += at(a, row, p) * at(b, p, column);
    return sum;
  });
  return { data, rows: a.rows, columns: b.columns };
}

const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));

describe("multiply(), multiplyByTransposed() and transpose()", () => {
  test("are what they are called, for any sizes", () => {
    fc.assert(
      fc.property(sizes, fc.nat(99), ([m, n, k], seed) => {
        const [a, b] = [make(m, n, seed), make(n, k, seed + 1)];
        const turned = transpose(b);
        for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) expect(at(turned, j, i)).toBe(at(b, i, j));
        const wanted = multiplySlowly(a, b);
        // 0 and −0 are one number here.
        const read = ({ data, ...shape }: Matrix) => ({ ...shape, data: Array.from(data, (value) => value + 0) });
        expect(read(multiply(a, b))).toEqual(read(wanted));
        expect(read(multiplyByTransposed(a, turned))).toEqual(read(wanted));
      }),
    );
  });
});
