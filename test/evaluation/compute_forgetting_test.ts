import { describe, expect, test } from "bun:test";
import { computeForgetting } from "../../src/evaluation/compute_forgetting.ts";

function expectClose(got: readonly (readonly number[])[], wanted: readonly (readonly number[])[]) {
  expect(got.map((row) => row.length)).toEqual(wanted.map((row) => row.length));
  for (const [i, row] of wanted.entries()) {
    for (const [j, value] of row.entries()) expect(got[i]?.[j]).toBeCloseTo(value, 12);
  }
}

// The figures are those of two checks in Avalanche 0.6.
describe("computeForgetting()", () => {
  test("takes the diagonal for what was just learned", () => {
    const matrix = [
      [1, 0, 0],
      [0.5, 0.8, 1],
      [0.2, 1, 0.5],
    ];
    expectClose(computeForgetting(matrix), [
      [0, 0, 0],
      [0.5, 0, 0],
      [0.8, -0.2, 0],
    ]);
  });

  test("takes the rows that it is told", () => {
    const matrix = [
      [1, 0, 0],
      [0.5, 0.8, 1],
      [0.5, 0.5, 1],
      [0.2, 1, 0.5],
    ];
    expectClose(computeForgetting(matrix, [0, 1, 3]), [
      [0, 0, 0],
      [0.5, 0, 0],
      [0.5, 0.3, 0],
      [0.8, -0.2, 0],
    ]);
  });

  test("refuses a matrix that is not square without them, and rows that there are not", () => {
    expect(() => computeForgetting([[1, 2, 3]])).toThrow("computeForgetting needs rows of 1 accuracies, got 3");
    expect(() => computeForgetting([[1, 2]], [0, 1])).toThrow("learnedAt below 1, the number of rows, got 1");
  });
});
