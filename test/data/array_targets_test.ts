import { describe, expect, test } from "bun:test";
import { createArrayDataset } from "../../src/data/array_dataset.ts";

const make = (targets: object) =>
  createArrayDataset({ name: "a", x: new Float32Array(6), sampleShape: [2], ...targets });

describe("createArrayDataset() with targets that are numbers", () => {
  test("takes rows, one array of all, or one number a sample, and class ids are all 0", () => {
    const rows = [
      [1.5, 2],
      [-3, 4],
      [5, 6],
    ];
    for (const values of [
      rows,
      Float32Array.from(rows.flat()),
      rows.flat(),
      rows.map((row) => Float32Array.from(row)),
    ]) {
      const dataset = make({ values, targetNames: ["price", "weight"] });
      expect(dataset.targetForm).toMatchObject({ kind: "values", width: 2, names: ["price", "weight"] });
      expect(dataset.targetValues).toEqual({ data: Float32Array.from(rows.flat()), shape: [3, 2] });
      expect([...dataset.targets]).toEqual([0, 0, 0]);
    }
    for (const values of [[7, 8, 9], Float64Array.of(7, 8, 9), [[7], [8], [9]]]) {
      expect(make({ values }).targetValues).toEqual({ data: Float32Array.of(7, 8, 9), shape: [3, 1] });
    }
    const labels = [
      [1, 0, 0],
      [0, 0, 0],
      [1, 1, 1],
    ];
    expect(make({ labels }).targetForm).toMatchObject({ kind: "labels", width: 3 });
    expect([...(make({ labels }).targetValues?.data ?? [])]).toEqual(labels.flat());
  });

  test("refuses what is no target, by row and column, and other than one kind", () => {
    const refused: readonly [object, string][] = [
      [{}, "a: one of y, values and labels must be given as targets, got none"],
      [
        { y: [0, 1, 2], values: [1, 2, 3] },
        "a: one of y, values and labels must be given as targets, got y and values",
      ],
      [{ y: [0, 1, 2], targetNames: ["one"] }, "a: targetNames is for values or labels, got it with y"],
      [{ values: [1, Number.NaN, 3] }, "a, row 1: target 0 must be a finite float32 number, got NaN"],
      [
        { values: [[1], [2], [1e39]], targetNames: ["price"] },
        'a, row 2: the target "price" must be a finite float32 number, got Infinity',
      ],
      [
        {
          labels: [
            [1, 0],
            [0, 0.5],
            [1, 1],
          ],
        },
        "a, row 1: target 1 must be 0 or 1, got 0.5",
      ],
      [{ values: [[1, 2], [3], [4, 5]] }, "a, row 1: targets must be a row of 2 numbers, got [3]"],
      [{ values: [1, [2], 3] }, "a, row 1: targets must be a number, got [2]"],
      [{ values: [[1], [2]] }, "data source a needs 3 rows of 1 values as targets, got 2"],
      [{ values: [1, 2, 3, 4] }, "data source a needs 3 rows of 1 values as targets, got 4"],
      [
        { values: [1, 2, 3], targetNames: ["b", "c"] },
        'data source a needs a name for each of 1 targets, got ["b", "c"]',
      ],
    ];
    for (const [targets, message] of refused) expect(() => make(targets)).toThrow(message);
  });
});
