import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { R2 } from "../../../src/evaluation/metrics/loss/r_squared.ts";
import { RMSE } from "../../../src/evaluation/metrics/loss/root_mean_squared_error.ts";
import type { MadeBatch } from "./made_batches.ts";
import { expectMetricLaws } from "./metric_laws.ts";

/** Minibatches of predictions and targets [B, D]. */
const pairs = fc.integer({ min: 1, max: 3 }).chain((width) => {
  const row = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: width, maxLength: width });
  const sample = fc.record({ predicted: row, target: row });
  return fc.array(fc.array(sample, { maxLength: 5 }), { maxLength: 4 }).map((batches) => ({ width, batches }));
});

function toTensor(rows: readonly (readonly number[])[], width: number) {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, width] };
}

type Regression = RMSE | R2;

function feed(
  metric: Regression,
  { width, batches }: { width: number; batches: { predicted: number[]; target: number[] }[][] },
) {
  for (const batch of batches) {
    metric.update(
      toTensor(
        batch.map(({ predicted }) => predicted),
        width,
      ),
      toTensor(
        batch.map(({ target }) => target),
        width,
      ),
    );
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("RMSE", () => {
  test("result() is the root of the mean square over all samples, however they are cut into minibatches", () => {
    fc.assert(
      fc.property(pairs, (made) => {
        const metric = new RMSE();
        feed(metric, made);
        const squares = made.batches
          .flat()
          .flatMap(({ predicted, target }) => predicted.map((value, i) => (value - (target[i] ?? 0)) ** 2));
        const expected = squares.length === 0 ? 0 : Math.sqrt(sum(squares) / squares.length);
        expect(metric.result()).toBeCloseTo(expected, 6);
        expect(metric.total).toBe(made.batches.flat().length);
      }),
    );
  });

  test("keeps the laws of metrics, and refuses targets of another shape", () => {
    expectMetricLaws<number, RMSE>(
      () => new RMSE(),
      (metric, { logits }: MadeBatch) => metric.update(logits, { ...logits, data: logits.data.map((v) => v ** 2) }),
    );
    const update = () => new RMSE().update(toTensor([[1, 2]], 2), toTensor([[1]], 1));
    expect(update).toThrow("needs predictions and targets of one shape [B, D]");
  });
});

describe("R2", () => {
  test("result() is the mean over targets of 1 − error / spread, from all samples at once", () => {
    fc.assert(
      fc.property(pairs, (made) => {
        const metric = new R2();
        feed(metric, made);
        const samples = made.batches.flat();
        const scores = Array.from({ length: samples.length === 0 ? 0 : made.width }, (_, column) => {
          const targets = samples.map(({ target }) => target[column] ?? 0);
          const mean = sum(targets) / targets.length;
          const spread = sum(targets.map((target) => (target - mean) ** 2));
          const error = sum(
            samples.map(({ predicted, target }) => ((predicted[column] ?? 0) - (target[column] ?? 0)) ** 2),
          );
          if (targets.every((target) => target === targets[0])) return error === 0 ? 1 : 0;
          return 1 - error / spread;
        });
        const expected = scores.length === 0 ? 0 : sum(scores) / scores.length;
        const tolerance = 1e-6 * Math.max(1, Math.abs(expected));
        expect(Math.abs(metric.result() - expected)).toBeLessThan(tolerance);
      }),
    );
  });

  test("is 1 for what is met, 0 for the mean, and below 0 for worse than that", () => {
    const score = (predicted: number[], target: number[]) => {
      const metric = new R2();
      feed(metric, {
        width: 1,
        batches: [predicted.map((value, i) => ({ predicted: [value], target: [target[i] ?? 0] }))],
      });
      return metric.result();
    };
    expect(score([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(score([2, 2, 2], [1, 2, 3])).toBe(0);
    expect(score([3, 2, 1], [1, 2, 3])).toBe(-3);
    expect([score([5, 5], [5, 5]), score([4, 5], [5, 5])]).toEqual([1, 0]);
  });

  test("keeps the laws of metrics, and refuses targets of another shape", () => {
    expectMetricLaws<number, R2>(
      () => new R2(),
      (metric, { logits }) => metric.update(logits, { ...logits, data: logits.data.map((v) => v ** 2) }),
    );
    const update = () => new R2().update(toTensor([[1, 2]], 2), toTensor([[1], [2]], 1));
    expect(update).toThrow("needs predictions and targets of one shape [B, D]");
  });
});
