import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  TaskAwareAccuracy,
  TaskAwareTopKAccuracy,
} from "../../../../src/evaluation/metrics/by_task/task_aware_accuracy.ts";
import { TaskAwareLoss } from "../../../../src/evaluation/metrics/by_task/task_aware_loss.ts";
import type { ByTask } from "../../../../src/evaluation/metrics/by_task/task_measures.ts";
import { listSamples, type MadeBatch, madeBatches, makeBatch, predictSlowly, shareOf } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

/** A number for each task of these minibatches, ascending. */
function byTask(batches: readonly MadeBatch[], measure: (samples: ReturnType<typeof listSamples>) => number) {
  const samples = listSamples(batches);
  const tasks = [...new Set(samples.map(({ task }) => task))].sort();
  return tasks.map((wanted) => [wanted, measure(samples.filter(({ task }) => task === wanted))]);
}

const list = (result: ByTask) => [...result].map((pair) => [...pair]);

describe("TaskAwareAccuracy", () => {
  test("result() is the share of right predictions of each task label, and none of a label that was not met", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new TaskAwareAccuracy();
        for (const { logits, y, taskLabels } of batches) metric.update(logits, y, taskLabels);
        const wanted = byTask(batches, (samples) => shareOf(samples, ({ row, label }) => predictSlowly(row) === label));
        expect(list(metric.result())).toEqual(wanted);
      }),
    );
  });

  test("one label stands for those of all samples", () => {
    const { logits, y } = makeBatch(
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      [0, 1, 1],
    );
    const metric = new TaskAwareAccuracy();
    metric.update(logits, y, 7);
    metric.update(logits, y, Int32Array.of(7, 2, 2));
    expect(list(metric.result())).toEqual([
      [2, 0.5],
      [7, 0.75],
    ]);
    expect([metric.resultOf(7), metric.resultOf(3)]).toEqual([0.75, 0]);
    metric.reset(7);
    expect(list(metric.result())).toEqual([
      [2, 0.5],
      [7, 0],
    ]);
    metric.reset();
    expect(list(metric.result())).toEqual([]);
  });

  test("update() refuses lengths that differ", () => {
    const { logits, y } = makeBatch([[1, 0]], [0]);
    expect(() => new TaskAwareAccuracy().update(logits, y, Int32Array.of(1, 2))).toThrow(
      "a measure by task needs 1 task labels, got 2",
    );
    expect(() => new TaskAwareAccuracy().update(logits, Int32Array.of(1, 2), 0)).toThrow(RangeError);
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws<ByTask, TaskAwareAccuracy>(
      () => new TaskAwareAccuracy(),
      (metric, { logits, y, taskLabels }) => metric.update(logits, y, taskLabels),
    );
  });
});

describe("TaskAwareTopKAccuracy", () => {
  test("has the shares of Avalanche's check for k of 1 to 4", () => {
    const rows = [
      [1, 0, 0, 0],
      [1, 0.8, 0.9, 0],
      [0.1, 0.8, 0.05, 0],
      [0.1, 0.8, 0.07, 0.2],
      [0.085, 0.25, 0.07, 0.3],
      [0.085, 0.075, 0.1, 0],
      [0, 0.9, 0.8, 0.7],
    ];
    const { logits, y } = makeBatch(rows, [0, 1, 0, 2, 3, 0, 3]);
    for (const [i, hits] of [2, 4, 6, 7].entries()) {
      const metric = new TaskAwareTopKAccuracy(i + 1);
      expect(list(metric.result())).toEqual([]);
      metric.update(logits, y, i % 2);
      expect(list(metric.result())).toEqual([[i % 2, hits / 7]]);
      expect(metric.resultOf(i % 2)).toBe(hits / 7);
      metric.reset();
      expect(list(metric.result())).toEqual([]);
    }
  });

  test("counts each task label apart, and keeps the laws of metrics", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new TaskAwareTopKAccuracy(2);
        for (const { logits, y, taskLabels } of batches) metric.update(logits, y, taskLabels);
        const isInTwo = (row: readonly number[], label: number) => {
          const own = row[label] ?? 0;
          return !row.some(Number.isNaN) && row.filter((v, i) => v > own || (v === own && i < label)).length < 2;
        };
        const wanted = byTask(batches, (samples) => shareOf(samples, ({ row, label }) => isInTwo(row, label)));
        expect(list(metric.result())).toEqual(wanted);
      }),
    );
    expectMetricLaws<ByTask, TaskAwareTopKAccuracy>(
      () => new TaskAwareTopKAccuracy(2),
      (metric, { logits, y, taskLabels }) => metric.update(logits, y, taskLabels),
    );
    expect(() => new TaskAwareTopKAccuracy(0)).toThrow("TopKAccuracy: k must be at least 1, got 0");
  });
});

describe("TaskAwareLoss", () => {
  test("is the mean of each task label, weighted by samples; 0 of a label that was not met", () => {
    const metric = new TaskAwareLoss();
    expect(metric.resultOf(0)).toBe(0);
    expect(list(metric.result())).toEqual([]);
    metric.update(1, 1, 0);
    metric.update(2, 1, 1);
    metric.update(5, 3, 1);
    expect(list(metric.result())).toEqual([
      [0, 1],
      [1, 4.25],
    ]);
    // A minibatch of several labels: its mean is all that is known.
    metric.update(3, 2, Int32Array.of(0, 2));
    expect(list(metric.result())).toEqual([
      [0, 2],
      [1, 4.25],
      [2, 3],
    ]);
    metric.reset(1);
    expect(metric.resultOf(1)).toBe(0);
    metric.reset();
    expect(list(metric.result())).toEqual([]);
  });

  test("keeps the laws of metrics", () => {
    expectMetricLaws<ByTask, TaskAwareLoss>(
      () => new TaskAwareLoss(),
      (metric, { y, taskLabels }) => metric.update(y.length / 4, y.length, taskLabels),
    );
  });
});
