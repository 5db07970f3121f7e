import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ClassAccuracy } from "../../../../src/evaluation/metrics/accuracy/class_accuracy.ts";
import { listSamples, madeBatches, makeBatch, predictSlowly, shareOf } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

describe("ClassAccuracy", () => {
  test("is the accuracy of each class in each task, tasks and classes ascending", () => {
    fc.assert(
      fc.property(madeBatches, (batches) => {
        const metric = new ClassAccuracy();
        for (const { logits, y, taskLabels } of batches) metric.update(logits, y, taskLabels);
        const samples = listSamples(batches);
        const expected = [...new Set(samples.map(({ task }) => task))].sort().map((task) => {
          const ofTask = samples.filter((sample) => sample.task === task);
          const classes = [...new Set(ofTask.map(({ label }) => label))].sort();
          return [
            task,
            classes.map((label) => [
              label,
              shareOf(
                ofTask.filter((sample) => sample.label === label),
                ({ row }) => predictSlowly(row) === label,
              ),
            ]),
          ];
        });
        const actual: unknown = [...metric.result()].map(([task, classes]) => [task, [...classes]]);
        expect(actual).toEqual(expected);
      }),
    );
  });

  test("keeps the laws of metrics, with tracked classes too", () => {
    for (const tracked of [undefined, { 0: [3, 1], 1: [0] }]) {
      expectMetricLaws(
        () => new ClassAccuracy(tracked),
        (metric, { logits, y, taskLabels }) => metric.update(logits, y, taskLabels),
      );
    }
  });

  test("reports tracked classes even without samples, and no others", () => {
    const metric = new ClassAccuracy({ 0: [2, 1] });
    const { logits, y, taskLabels } = makeBatch(
      [
        [0, 1, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
      [1, 0, 1],
      [0, 0, 1],
    );
    metric.update(logits, y, taskLabels);
    expect([...metric.result()].map(([task, classes]) => [task, [...classes]])).toEqual([
      [
        0,
        [
          [1, 1],
          [2, 0],
        ],
      ],
    ]);
  });

  test("throws RangeError, when there is not one task label a sample", () => {
    const { logits, y } = makeBatch([[1, 2]], [0]);
    expect(() => new ClassAccuracy().update(logits, y, new Int32Array(2))).toThrow("needs 1 task labels, got 2");
  });
});
