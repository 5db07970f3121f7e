import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TaskAwareR2, TaskAwareRMSE } from "../../../../src/evaluation/metrics/by_task/task_aware_regression.ts";
import type { ByTask } from "../../../../src/evaluation/metrics/by_task/task_measures.ts";
import { R2 } from "../../../../src/evaluation/metrics/loss/r_squared.ts";
import { RMSE } from "../../../../src/evaluation/metrics/loss/root_mean_squared_error.ts";
import { expectMetricLaws } from "../metric_laws.ts";

const sample = fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 }), fc.nat(2));
const column = (values: readonly number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });

for (const [TaskAware, Alone] of [
  [TaskAwareRMSE, RMSE],
  [TaskAwareR2, R2],
] as const) {
  describe(TaskAware.name, () => {
    test("is the measure of each task label's samples alone, whatever the minibatches", () => {
      fc.assert(
        fc.property(fc.array(fc.array(sample, { minLength: 1, maxLength: 5 }), { maxLength: 4 }), (batches) => {
          const metric = new TaskAware();
          for (const batch of batches) {
            const [predicted, target] = [0, 1].map((i) => column(batch.map((values) => values[i] ?? 0)));
            if (!predicted || !target) throw new Error("There are two columns");
            metric.update(
              predicted,
              target,
              Int32Array.from(batch, ([, , label]) => label),
            );
          }
          const all = batches.flat();
          const labels = [...new Set(all.map(([, , label]) => label))].sort();
          const wanted = labels.map((label): [number, number] => {
            const own = all.filter((values) => values[2] === label);
            const alone = new Alone();
            alone.update(column(own.map(([predicted]) => predicted)), column(own.map(([, target]) => target)));
            return [label, alone.result()];
          });
          const result = [...metric.result()];
          expect(result.map(([label]) => label)).toEqual(labels);
          for (const [i, [label, value]] of wanted.entries()) {
            expect(result[i]?.[1]).toBeCloseTo(value, 9);
            expect(metric.resultOf(label)).toBe(result[i]?.[1] ?? Number.NaN);
          }
        }),
      );
    });

    test("takes one label for all samples, and forgets one or all", () => {
      const metric = new TaskAware();
      metric.update(column([1, 2, 4]), column([1, 3, 4]), 5);
      expect([...metric.result().keys()]).toEqual([5]);
      expect(metric.resultOf(5)).not.toBe(0);
      metric.reset(5);
      expect(metric.resultOf(5)).toBe(new Alone().result());
      metric.reset();
      expect(metric.result().size).toBe(0);
      expect(() => metric.update(column([1]), column([1]), Int32Array.of(1, 2))).toThrow("needs 1 task labels");
    });

    test("keeps the laws of metrics", () => {
      expectMetricLaws<ByTask, InstanceType<typeof TaskAware>>(
        () => new TaskAware(),
        (metric, { y, taskLabels }) => metric.update(column([...y].map((id) => id / 2)), column([...y]), taskLabels),
      );
    });
  });
}
