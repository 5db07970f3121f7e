import { describe, expect, test } from "bun:test";
import { leaveOutRows, putRowsBack } from "../../../src/runs/checkpoints/matrix_rows.ts";

const experiences = [0, 1].map((index) => ({
  index,
  classes: [index],
  examples: 4,
  epochs: 1,
  trainSeconds: 0.5,
  evalSeconds: 0.25,
  testAccuracy: [0.5, 0.25],
  streamAccuracy: 0.375,
  onnx: null,
}));

describe("putRowsBack()", () => {
  test("gives what was stored, its keys in their order: a resumed run writes the same summary", async () => {
    const wanted = JSON.stringify(experiences);
    expect(JSON.stringify(await putRowsBack(experiences, async () => []))).toBe(wanted);
    const matrix = experiences.map(({ testAccuracy }) => testAccuracy);
    const stored = leaveOutRows(experiences, 2);
    expect(stored.every((row) => row.testAccuracy === undefined)).toBe(true);
    expect(JSON.stringify(await putRowsBack(stored, async () => matrix))).toBe(wanted);
  });

  test("refuses a file that has fewer rows or cells", async () => {
    const stored = leaveOutRows(experiences, 2);
    await expect(putRowsBack(stored, async () => [[0.5, 0.25]])).rejects.toThrow("it needs 2 cells in row 1");
    await expect(putRowsBack(stored, async () => [[0.5], [0.5, 0.25]])).rejects.toThrow(
      "in row 0 of accuracy_matrix.csv, got 1",
    );
  });
});
