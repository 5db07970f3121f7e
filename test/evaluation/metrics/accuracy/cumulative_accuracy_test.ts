import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CumulativeAccuracy } from "../../../../src/evaluation/metrics/accuracy/cumulative_accuracy.ts";
import { listSamples, madeBatches, predictSlowly, shareOf } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

const classesSeen = new Map([
  [0, [2]],
  [1, [2, 0]],
  [2, [2, 0, 3, 1]],
]);

describe("CumulativeAccuracy", () => {
  test("is the accuracy on samples of the classes seen, predicting only among these", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new CumulativeAccuracy();
        for (const { logits, y } of batches) metric.update(logits, y, classesSeen);
        const samples = listSamples(batches);
        for (const [experience, seen] of classesSeen) {
          const ascending = [...seen].sort((a, b) => a - b);
          const own = samples.filter(({ label }) => seen.includes(label));
          const expected = shareOf(own, ({ row, label }) => {
            const predicted = predictSlowly(ascending.map((column) => row[column] ?? 0));
            return predicted !== undefined && ascending[predicted] === label;
          });
          if (batches.length > 0) expect(metric.result().get(experience)).toBeCloseTo(expected, 12);
        }
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new CumulativeAccuracy(),
      (metric, { logits, y }) => metric.update(logits, y, classesSeen),
    );
  });
});
