import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfusionMatrix } from "../../../../src/evaluation/metrics/outputs/confusion_matrix.ts";
import { listSamples, type MadeBatch, madeBatches, makeBatch, predictSlowly } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

/** Cell by cell: how many samples there are with this class and prediction. */
function countSlowly(batches: readonly MadeBatch[], minimum: number): number[][] {
  const pairs = listSamples(batches).map(({ row, label }) => ({ label, predicted: predictSlowly(row) ?? -1 }));
  const size = Math.max(minimum, ...pairs.map(({ label, predicted }) => Math.max(label, predicted) + 1));
  return Array.from({ length: size }, (_, label) =>
    Array.from(
      { length: size },
      (_, predicted) => pairs.filter((pair) => pair.label === label && pair.predicted === predicted).length,
    ),
  );
}

function fill(metric: ConfusionMatrix, batches: readonly MadeBatch[]): number[][] {
  for (const { logits, y } of batches) metric.update(logits, y);
  return metric.result();
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe("ConfusionMatrix", () => {
  test("counts samples by class and prediction, as large as the largest class", () => {
    fc.assert(
      fc.property(madeBatches, fc.nat(6), (batches, numClasses) => {
        expect(fill(new ConfusionMatrix({ numClasses }), batches)).toEqual(countSlowly(batches, numClasses));
      }),
    );
  });

  test("divides by rows, columns or all, and leaves 0 where there is nothing to divide", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const counts = countSlowly(batches, 0);
        const columns = counts.map((_, column) => total(counts.map((row) => row[column] ?? 0)));
        const divide = (divisor: (row: number[], column: number) => number) =>
          counts.map((row) => row.map((count, column) => (count === 0 ? 0 : count / divisor(row, column))));
        const all = total(counts.map(total));
        expect(fill(new ConfusionMatrix({ normalize: "true" }), batches)).toEqual(divide((row) => total(row)));
        expect(fill(new ConfusionMatrix({ normalize: "pred" }), batches)).toEqual(
          divide((_, column) => columns[column] ?? 0),
        );
        expect(fill(new ConfusionMatrix({ normalize: "all" }), batches)).toEqual(divide(() => all));
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new ConfusionMatrix({ numClasses: 2, normalize: "true" }),
      (metric, { logits, y }) => metric.update(logits, y),
    );
  });

  test("puts true classes into rows and predictions into columns", () => {
    expect(fill(new ConfusionMatrix(), [makeBatch([[0, 0, 9]], [1])])).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
  });

  test("throws RangeError, when the number of classes is not whole", () => {
    expect(() => new ConfusionMatrix({ numClasses: 1.5 })).toThrow(
      "ConfusionMatrix: numClasses must be a whole number, got 1.5",
    );
  });
});
