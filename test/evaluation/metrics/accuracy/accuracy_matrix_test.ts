import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AccuracyMatrix } from "../../../../src/evaluation/metrics/accuracy/accuracy_matrix.ts";

describe("AccuracyMatrix", () => {
  test("result() holds the latest value of each cell and NaN elsewhere, in rows of one length", () => {
    const index = fc.integer({ min: 0, max: 5 });
    const update = fc.tuple(index, index, fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(update, { minLength: 1 }), (updates) => {
        const matrix = new AccuracyMatrix();
        for (const [row, column, value] of updates) matrix.update(row, column, value);
        const rows = Math.max(...updates.map(([row]) => row)) + 1;
        const columns = Math.max(...updates.map(([, column]) => column)) + 1;
        const expected = Array.from({ length: rows }, (_, r) =>
          Array.from({ length: columns }, (_, c) => {
            const latest = updates.findLast(([row, column]) => row === r && column === c);
            return latest ? latest[2] : Number.NaN;
          }),
        );
        expect(matrix.result()).toEqual(expected);
      }),
    );
  });

  test("result() is the caller's own, so that a history keeps it", () => {
    const matrix = new AccuracyMatrix();
    matrix.update(0, 0, 0.5);
    const before = matrix.result();
    matrix.update(0, 0, 0.75);
    expect(before).toEqual([[0.5]]);
  });

  test("restore() goes on from save(), through JSON, gaps included", () => {
    const matrix = new AccuracyMatrix();
    matrix.update(1, 1, 0.5);
    const other = new AccuracyMatrix();
    other.restore(JSON.parse(JSON.stringify(matrix.save())));
    other.update(1, 0, 0.25);
    expect(other.result()).toEqual([
      [Number.NaN, Number.NaN],
      [0.25, 0.5],
    ]);
    other.reset();
    expect(other.result()).toEqual([]);
  });

  test("update() throws RangeError, when a place is no whole number", () => {
    expect(() => new AccuracyMatrix().update(-1, 0, 1)).toThrow(RangeError);
    expect(() => new AccuracyMatrix().update(0, 0.5, 1)).toThrow(
      "AccuracyMatrix: column must be a whole number, got 0.5",
    );
  });
});
