import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Accuracy } from "../../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { TopKAccuracy } from "../../../../src/evaluation/metrics/accuracy/top_k_accuracy.ts";
import { listSamples, MADE_CLASSES, madeBatches, makeBatch, shareOf } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

/** Sorted by logit, of equals the lower class first. */
function isInTopK(row: readonly number[], label: number, k: number): boolean {
  if (row.some(Number.isNaN)) return false;
  const ranked = row.map((_, column) => column).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
  return ranked.slice(0, k).includes(label);
}

describe("TopKAccuracy", () => {
  test("is the share of samples whose class is among the k largest, by sorting", () => {
    fc.assert(
      fc.property(madeBatches, fc.integer({ min: 1, max: 5 }), (batches, k) => {
        const metric = new TopKAccuracy(k);
        for (const { logits, y } of batches) metric.update(logits, y);
        const samples = listSamples(batches);
        expect(metric.result()).toBeCloseTo(
          shareOf(samples, ({ row, label }) => isInTopK(row, label, k)),
          12,
        );
        expect(metric.total).toBe(samples.length);
      }),
    );
  });

  test("is the accuracy for k = 1", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const [top1, accuracy] = [new TopKAccuracy(1), new Accuracy()];
        for (const { logits, y } of batches) {
          top1.update(logits, y);
          accuracy.update(logits, y);
        }
        expect(top1.result()).toBe(accuracy.result());
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new TopKAccuracy(2),
      (metric, { logits, y }) => metric.update(logits, y),
    );
  });

  test("counts all rows without NaN, when k is the number of classes", () => {
    const metric = new TopKAccuracy(MADE_CLASSES);
    const { logits, y } = makeBatch(
      [
        [0, 0, 0, 1],
        [0, Number.NaN, 0, 0],
      ],
      [2, 0],
    );
    metric.update(logits, y);
    expect(metric.result()).toBe(0.5);
  });

  test("throws RangeError, when k is no whole number above 0 or rows and labels differ in number", () => {
    expect(() => new TopKAccuracy(0)).toThrow("TopKAccuracy: k must be at least 1, got 0");
    const { logits } = makeBatch([[1, 2]], [0]);
    expect(() => new TopKAccuracy(1).update(logits, Int32Array.of(0, 1))).toThrow("logits of shape [2, classes]");
  });
});
