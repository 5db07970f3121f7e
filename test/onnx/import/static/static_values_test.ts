import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readEinsum } from "../../../../src/onnx/einsum/read_einsum.ts";
import type { Dimension } from "../../../../src/onnx/file/onnx_model.ts";
import type { StaticTensor } from "../../../../src/onnx/import/onnx_source.ts";
import { foldStatic } from "../../../../src/onnx/import/static/fold_static.ts";
import { combine } from "../../../../src/onnx/import/static/static_arithmetic.ts";
import type { StaticOperator } from "../../../../src/onnx/import/static/static_operators.ts";
import { listSlice } from "../../../../src/onnx/import/static/static_shapes.ts";

function list(...values: Dimension[]): StaticTensor {
  return { isFloat: false, shape: [values.length], values };
}

function fold(
  op: StaticOperator,
  inputs: readonly (StaticTensor | undefined)[],
  attributes: Record<string, number> = {},
) {
  const read = (name: string, fallback: number) => attributes[name] ?? fallback;
  return foldStatic({ op, inputs, int: read, float: read, ints: () => undefined });
}

/** What a length stands for in a batch of some rows. */
function resolve(value: Dimension, rows: number): number {
  if (typeof value === "number") return value;
  return value === "N" ? rows : rows * Number(value.slice(2));
}

describe("combine()", () => {
  const lengths: fc.Arbitrary<Dimension> = fc.oneof(
    fc.integer({ min: -3, max: 9 }),
    fc.constant<Dimension>("N"),
    fc.integer({ min: 2, max: 9 }).map((factor): Dimension => `N*${factor}`),
  );

  test("gives what the numbers give, for any number of rows, or refuses", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Add", "Sub", "Mul", "Div", "Mod", "Equal", "Max", "Greater"),
        lengths,
        lengths,
        fc.integer({ min: 10, max: 50 }),
        (op, a, b, rows) => {
          fc.pre(!(["Div", "Mod"].includes(op) && resolve(b, rows) === 0));
          let symbolic: Dimension;
          try {
            symbolic = combine(op, a, b, false);
          } catch (error) {
            expect(String(error)).toContain("multiples of the number of rows");
            return;
          }
          expect(resolve(symbolic, rows)).toBe(resolve(combine(op, resolve(a, rows), resolve(b, rows), false), rows));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("foldStatic()", () => {
  test("keeps the number of rows open, when shapes are taken apart and put together", () => {
    const shape = list("N", 12, 4, 4);
    const rows = fold("Gather", [shape, { isFloat: false, shape: [], values: [0] }]);
    expect(rows).toEqual({ isFloat: false, shape: [], values: ["N"] });
    const column = fold("Unsqueeze", [rows, list(0)]);
    const times = fold("Mul", [column, list(12)]);
    expect(fold("Concat", [times, list(-1)])?.values).toEqual(["N*12", -1]);
    expect(fold("Div", [times, list(4)])?.values).toEqual(["N*3"]);
    expect(fold("Slice", [shape, list(-2), list(1000), list(0)])?.values).toEqual([4, 4]);
    expect(fold("Where", [fold("Equal", [list(-1, 3), list(-1)]), list("N"), list(7, 8)])?.values).toEqual(["N", 8]);
  });

  test("makes masks and indices as NumPy does", () => {
    expect(fold("Range", [list(1), list(8), list(3)])?.values).toEqual([1, 4, 7]);
    const square = fold("Reshape", [list(0, 1, 2, 3, 4, 5, 6, 7, 8), list(3, -1)]);
    expect(square?.shape).toEqual([3, 3]);
    expect(fold("Trilu", [square], { upper: 0 })?.values).toEqual([0, 0, 0, 3, 4, 0, 6, 7, 8]);
    expect(fold("Gather", [square, list(-1, 0)], { axis: 1 })?.values).toEqual([2, 0, 5, 3, 8, 6]);
    expect(fold("Transpose", [square])?.values).toEqual([0, 3, 6, 1, 4, 7, 2, 5, 8]);
    const places = { isFloat: false, shape: [2, 1], values: [2, 0] };
    const rows = { isFloat: false, shape: [2, 3], values: [9, 9, 9, 5, 5, 5] };
    expect(square && fold("ScatterND", [square, places, rows])?.values).toEqual([5, 5, 5, 3, 4, 5, 9, 9, 9]);
    expect(fold("Tile", [list(1, 2), list(2)])?.values).toEqual([1, 2, 1, 2]);
    expect(fold("Mod", [list(-3), list(4)])?.values).toEqual([1]);
  });
});

describe("listSlice()", () => {
  test("takes what Array.slice takes, for steps of 1, and its reverse, for steps of −1", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: -9, max: 9 }),
        (length, start, end) => {
          const all = Array.from({ length }, (_, i) => i);
          expect(listSlice({ start, end, step: 1, length })).toEqual(all.slice(start, end));
        },
      ),
    );
    expect(listSlice({ start: -1, end: Number.MIN_SAFE_INTEGER, step: -1, length: 4 })).toEqual([3, 2, 1, 0]);
    expect(listSlice({ start: 0, end: 5, step: 2, length: 5 })).toEqual([0, 2, 4]);
  });
});

describe("readEinsum()", () => {
  test("says what becomes of each letter", () => {
    expect(readEinsum("bhid, bhjd -> bhij")).toMatchObject({
      shared: ["b", "h"],
      contracted: ["d"],
      onlyA: ["i"],
      onlyB: ["j"],
      alone: [],
    });
    expect(readEinsum("ij,kj->i").alone).toEqual(["k"]);
  });

  test("gives the axes that ... stands for letters of their own, from the last on", () => {
    expect(readEinsum("...ij,...j->...i", [4, 2])).toMatchObject({
      a: [".0", ".1", "i", "j"],
      b: [".1", "j"],
      y: [".0", ".1", "i"],
      shared: [".1"],
    });
    expect(readEinsum("ij->ji")).toMatchObject({ a: ["i", "j"], b: [], onlyA: ["i", "j"] });
  });

  test("refuses what is no contraction of one or two operands", () => {
    for (const equation of ["ii,ij->j", "ij,jk->il", "ij,jk", "ij,jk,kl->il", "i.,ij->j"]) {
      expect(() => readEinsum(equation)).toThrow("Einsum needs one or two operands");
    }
  });
});
