import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MeanScores } from "../../../../src/evaluation/metrics/outputs/mean_scores.ts";
import { listSamples, madeBatches, makeBatch } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

describe("MeanScores", () => {
  test("is the mean logit of the true class, over new and over old classes", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new MeanScores();
        metric.addNewClasses([1]);
        metric.addNewClasses([3]);
        for (const { logits, y } of batches) metric.update(logits, y);
        const scores = listSamples(batches).map(({ row, label }) => ({ label, score: row[label] ?? 0 }));
        const mean = (isNew: boolean) => {
          const own = scores.filter(({ label }) => (label === 1 || label === 3) === isNew);
          return own.length === 0 ? undefined : own.reduce((sum, { score }) => sum + score, 0) / own.length;
        };
        const [expectedNew, expectedOld] = [mean(true), mean(false)];
        const { newClasses, oldClasses, difference } = metric.result();
        expect(newClasses).toEqual(expectedNew);
        expect(oldClasses).toEqual(expectedOld);
        if (expectedNew === undefined || expectedOld === undefined) expect(difference).toBe(undefined);
        else expect(difference).toEqual(expectedNew - expectedOld);
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new MeanScores(),
      (metric, { logits, y }) => {
        metric.addNewClasses([...y.subarray(0, 1)]);
        metric.update(logits, y);
      },
    );
  });

  test("resultByClass() has each class, and resetScores() keeps which are new", () => {
    const metric = new MeanScores();
    const { logits, y } = makeBatch(
      [
        [3, 1],
        [2, 8],
        [5, 0],
      ],
      [0, 1, 0],
    );
    metric.addNewClasses([1]);
    metric.update(logits, y);
    expect([...metric.resultByClass()]).toEqual([
      [0, 4],
      [1, 8],
    ]);
    metric.resetScores();
    expect(metric.result()).toEqual({});
    metric.update(logits, y);
    expect(metric.result()).toEqual({ newClasses: 8, oldClasses: 4, difference: 4 });
  });
});
