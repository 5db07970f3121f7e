import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LabelsRepartition } from "../../../../src/evaluation/metrics/outputs/labels_repartition.ts";
import { listSamples, madeBatches } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

describe("LabelsRepartition", () => {
  test("counts the samples of each class in each task", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new LabelsRepartition();
        for (const { y, taskLabels } of batches) metric.update(y, taskLabels);
        const samples = listSamples(batches);
        const expected = [0, 1].flatMap((task) => {
          const counts = [0, 1, 2, 3]
            .map((label) => [label, samples.filter((sample) => sample.task === task && sample.label === label).length])
            .filter(([, count]) => count !== 0);
          return counts.length > 0 ? [[task, counts]] : [];
        });
        expect([...metric.result()]).toEqual(expected as unknown as [number, [number, number][]][]);
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new LabelsRepartition(),
      (metric, { y, taskLabels }) => metric.update(y, taskLabels),
    );
  });

  test("throws RangeError, when there is not one task label a sample", () => {
    expect(() => new LabelsRepartition().update(new Int32Array(2), new Int32Array(3))).toThrow(
      "needs 2 task labels, got 3",
    );
  });
});
