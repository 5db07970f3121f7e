import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatAccuracyMatrixCsv, summarizeAccuracyMatrix } from "../../src/evaluation/continual_measures.ts";

const threeExperiences = [
  [0.9, 0, 0.1],
  [0.5, 0.8, 0],
  [0.3, 0.6, 0.9],
];

describe("summarizeAccuracyMatrix()", () => {
  test("takes the mean of the last row, and forgetting against the diagonal without the last experience", () => {
    const measures = summarizeAccuracyMatrix(threeExperiences);
    expect(measures.averageAccuracy).toBeCloseTo((0.3 + 0.6 + 0.9) / 3, 12);
    expect(measures.averageForgetting).toBeCloseTo((0.9 - 0.3 + (0.8 - 0.6)) / 2, 12);
    expect(measures.backwardTransfer).toBeCloseTo(-0.4, 12);
  });

  test("takes growing errors for forgetting", () => {
    const errors = threeExperiences.map((row) => row.map((share) => 1 - share));
    const wanted = summarizeAccuracyMatrix(threeExperiences);
    const measures = summarizeAccuracyMatrix(errors, { lowerIsBetter: true });
    expect(measures.averageForgetting).toBeCloseTo(wanted.averageForgetting, 12);
    expect(measures.backwardTransfer).toBeCloseTo(wanted.backwardTransfer, 12);
    expect(measures.averageAccuracy).toBeCloseTo(1 - wanted.averageAccuracy, 12);
    expect(summarizeAccuracyMatrix([[0.5]], { lowerIsBetter: true })).toEqual({
      averageAccuracy: 0.5,
      averageForgetting: 0,
      backwardTransfer: 0,
    });
  });

  test("subtracts from what was learned first, not from the best ever", () => {
    const measures = summarizeAccuracyMatrix([
      [0.5, 0, 0],
      [0.9, 0.8, 0],
      [0.7, 0.8, 0.9],
    ]);
    expect(measures.averageForgetting).toBeCloseTo((0.5 - 0.7 + 0) / 2, 12);
    expect(measures.backwardTransfer).toBeCloseTo(0.1, 12);
  });

  test("finds no forgetting, and no -0, when one experience was trained", () => {
    const measures = summarizeAccuracyMatrix([[0.75, 0.25]]);
    expect(measures).toEqual({ averageAccuracy: 0.5, averageForgetting: 0, backwardTransfer: 0 });
    expect(Object.is(measures.backwardTransfer, 0)).toBe(true);
  });

  test("follows the order of training, and learns an experience anew when it is trained again", () => {
    const matrix = [
      [0, 0.8],
      [0.6, 0.5],
      [0.2, 0.7],
    ];
    const measures = summarizeAccuracyMatrix(matrix, { trainedExperiences: [1, 0, 1] });
    expect(measures.averageForgetting).toBeCloseTo(0.6 - 0.2, 12);
    const reordered = summarizeAccuracyMatrix(matrix.slice(0, 2), { trainedExperiences: [1, 0] });
    expect(reordered.averageForgetting).toBeCloseTo(0.8 - 0.5, 12);
  });

  test("leaves out cells that were not measured and rows trained on what is not tested", () => {
    const gap = Number.NaN;
    const matrix = [
      [0.9, gap],
      [gap, 0.8],
      [0.5, gap],
    ];
    const measures = summarizeAccuracyMatrix(matrix, { trainedExperiences: [0, 1, 2] });
    expect(measures.averageAccuracy).toBe(0.5);
    expect(measures.averageForgetting).toBeCloseTo(0.4, 12);
    expect(summarizeAccuracyMatrix([[gap]]).averageAccuracy).toBeNaN();
  });

  test("takes rows of pieces for the experiences that they were cut from, the last one that was measured", () => {
    const gap = Number.NaN;
    const matrix = [
      [0.4, 0],
      [0.9, 0.1],
      [gap, 0.1],
      [0.6, 0.7],
      [0.2, 0.8],
    ];
    const measures = summarizeAccuracyMatrix(matrix, { trainedExperiences: [0, 0, 0, 1, 1] });
    expect(measures.averageForgetting).toBeCloseTo(0.9 - 0.2, 12);
    expect(measures.backwardTransfer).toBeCloseTo(0.2 - 0.9, 12);
    expect(() => summarizeAccuracyMatrix(matrix)).toThrow(
      "trainedExperiences must say on which experience each row was trained, where there are more rows (5) than columns (2)",
    );
  });

  test("adds up: a matrix whose every row is the same forgets nothing", () => {
    const row = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(row, (cells) => {
        const measures = summarizeAccuracyMatrix(cells.map(() => cells));
        expect(measures.averageForgetting).toBe(0);
        expect(measures.averageAccuracy).toBeCloseTo(cells.reduce((sum, cell) => sum + cell, 0) / cells.length, 12);
      }),
    );
  });

  test("takes rows that become longer, where experiences came later", () => {
    const measures = summarizeAccuracyMatrix([[0.9], [0.5, 0.8], [0.3, 0.6, 0.9]]);
    expect(measures).toEqual(summarizeAccuracyMatrix(threeExperiences));
  });

  test("throws RangeError, when the matrix is empty or has shorter rows below or the trained experiences do not fit", () => {
    expect(() => summarizeAccuracyMatrix([])).toThrow("the accuracy matrix needs rows of one length");
    expect(() => summarizeAccuracyMatrix([[1, 2], [1]])).toThrow(RangeError);
    expect(() => summarizeAccuracyMatrix([[1]], { trainedExperiences: [0, 1] })).toThrow("for each of 1 rows");
  });
});

describe("formatAccuracyMatrixCsv()", () => {
  test("writes a line a row with every digit, and nothing for cells that were not measured", () => {
    const csv = formatAccuracyMatrixCsv([
      [1 / 3, 0],
      [Number.NaN, 1],
    ]);
    expect(csv).toBe("0.3333333333333333,0\n,1\n");
    expect(formatAccuracyMatrixCsv([])).toBe("");
    expect(formatAccuracyMatrixCsv([[1], [0, 1]])).toBe("1,\n0,1\n");
  });
});
