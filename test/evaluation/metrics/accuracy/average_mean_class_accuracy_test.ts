import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AverageMeanClassAccuracy } from "../../../../src/evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
import { listSamples, type MadeBatch, madeBatches, predictSlowly, shareOf } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function computeSlowly(evaluations: readonly (readonly MadeBatch[])[], task: number): number | undefined {
  const means = evaluations.flatMap((batches) => {
    const samples = listSamples(batches).filter((sample) => sample.task === task);
    const classes = [...new Set(samples.map(({ label }) => label))];
    const accuracies = classes.map((label) =>
      shareOf(
        samples.filter((sample) => sample.label === label),
        ({ row }) => predictSlowly(row) === label,
      ),
    );
    return accuracies.length > 0 ? [mean(accuracies)] : [];
  });
  return means.length > 0 ? mean(means) : undefined;
}

describe("AverageMeanClassAccuracy", () => {
  test("is the mean over evaluations of the mean over classes, by task", () => {
    fc.assert(
      fc.property(fc.array(madeBatches, { minLength: 1, maxLength: 4 }), (evaluations) => {
        const metric = new AverageMeanClassAccuracy();
        for (const batches of evaluations) {
          metric.finishEvaluation();
          for (const { logits, y, taskLabels } of batches) metric.update(logits, y, taskLabels);
        }
        for (const task of [0, 1]) {
          const expected = computeSlowly(evaluations, task);
          if (expected === undefined) expect(metric.result().has(task)).toBe(false);
          else expect(metric.result().get(task)).toBeCloseTo(expected, 12);
        }
      }),
    );
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws(
      () => new AverageMeanClassAccuracy(),
      (metric, { logits, y, taskLabels }) => {
        metric.update(logits, y, taskLabels);
        metric.finishEvaluation();
      },
    );
  });
});
