import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MaximumForgetting } from "../../../../src/evaluation/metrics/transfer/maximum_forgetting.ts";

/** Evaluates every experience after training `trained`, as a strategy's metric does. */
function evaluate(metric: MaximumForgetting, trained: number | null, accuracies: readonly number[]): void {
  metric.resetLast();
  accuracies.forEach((accuracy, key) => {
    if (key === trained) metric.updateInitial(key, accuracy);
    else metric.updateLast(key, accuracy);
  });
}

const matrices = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size }), {
    minLength: size,
    maxLength: size,
  }),
);

describe("MaximumForgetting", () => {
  test("is the largest of the earlier rows minus the last row, for experiences learned before the last one", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const metric = new MaximumForgetting();
        // Before any training everything is easy: that must not count.
        evaluate(metric, null, new Array<number>(matrix.length).fill(2));
        matrix.forEach((row, trained) => {
          metric.beginExperience();
          // In the middle of training it is easier still.
          evaluate(
            metric,
            trained,
            row.map((accuracy) => accuracy + 1),
          );
          evaluate(metric, trained, row);
        });
        const last = matrix.at(-1) ?? [];
        const expected = last.slice(0, -1).map((now, key) => {
          const earlier = matrix.slice(0, -1).map((row) => row[key] ?? 0);
          return [key, Math.max(...earlier) - now];
        });
        expect([...metric.result()]).toEqual(expected as [number, number][]);
      }),
    );
  });

  test("save() and restore() go on to the same result, and reset() forgets", () => {
    const rows = [
      [0.5, 0.2],
      [0.9, 0.8],
      [0.1, 0.3],
    ];
    const [metric, copy] = [new MaximumForgetting(), new MaximumForgetting()];
    rows.forEach((row, trained) => {
      metric.beginExperience();
      evaluate(metric, trained, row);
      copy.restore(JSON.parse(JSON.stringify(metric.save())));
      expect(copy.result()).toEqual(metric.result());
    });
    for (const each of [metric, copy]) {
      each.beginExperience();
      evaluate(each, 3, [0, 0]);
    }
    expect([...copy.result()]).toEqual([
      [0, 0.9],
      [1, 0.8],
    ]);
    metric.reset();
    expect(metric.save()).toEqual(new MaximumForgetting().save());
  });

  test("has no result for what was never learned", () => {
    const metric = new MaximumForgetting();
    metric.beginExperience();
    metric.updateLast(4, 0.5);
    metric.beginExperience();
    metric.updateLast(4, 0.1);
    expect(metric.resultOf(4)).toBe(undefined);
  });
});
