import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ExactMatch } from "../../../../src/evaluation/metrics/labels/exact_match.ts";
import { MacroF1 } from "../../../../src/evaluation/metrics/labels/macro_f1.ts";
import { MAE } from "../../../../src/evaluation/metrics/loss/mean_absolute_error.ts";
import type { TargetMetric } from "../../../../src/evaluation/metrics/target_metrics.ts";
import type { MadeBatch } from "../made_batches.ts";
import { expectMetricLaws } from "../metric_laws.ts";

type Row = readonly number[];

const toTensor = (rows: readonly Row[], width: number) => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, width],
});

/** Minibatches of logits and labels [B, T]. */
const batches = fc.integer({ min: 1, max: 4 }).chain((width) => {
  const logits = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: width, maxLength: width });
  const labels = fc.array(fc.nat(1), { minLength: width, maxLength: width });
  return fc
    .array(fc.array(fc.record({ logits, labels }), { maxLength: 5 }), { maxLength: 4 })
    .map((made) => ({ width, made }));
});

function feed(metric: TargetMetric, { width, made }: { width: number; made: { logits: Row; labels: Row }[][] }) {
  for (const batch of made) {
    const [logits, labels] = [batch.map((row) => row.logits), batch.map((row) => row.labels)];
    metric.update(toTensor(logits, width), toTensor(labels, width));
  }
}

/** F1 of a label by precision and recall, as textbooks have it. */
function scoreSlowly(rows: readonly { logits: Row; labels: Row }[], label: number): number {
  const predicted = rows.filter(({ logits }) => (logits[label] ?? 0) > 0);
  const actual = rows.filter(({ labels }) => labels[label] === 1);
  const right = predicted.filter((row) => actual.includes(row)).length;
  if (right === 0) return 0;
  const [precision, recall] = [right / predicted.length, right / actual.length];
  return (2 * precision * recall) / (precision + recall);
}

describe("MacroF1 and ExactMatch", () => {
  test("are those of all samples, however they are cut into minibatches", () => {
    fc.assert(
      fc.property(batches, (given) => {
        const [f1, exact] = [new MacroF1(), new ExactMatch()];
        for (const metric of [f1, exact]) feed(metric, given);
        const rows = given.made.flat();
        const scores = Array.from({ length: given.width }, (_, label) => scoreSlowly(rows, label));
        const mean = scores.reduce((sum, score) => sum + score, 0) / given.width;
        expect(f1.result()).toBeCloseTo(rows.length === 0 ? 0 : mean, 10);
        const right = rows.filter(({ logits, labels }) => logits.every((z, i) => (z > 0 ? 1 : 0) === labels[i]));
        expect(exact.result()).toBeCloseTo(rows.length === 0 ? 0 : right.length / rows.length, 10);
        expect([f1.total, exact.total]).toEqual([rows.length, rows.length]);
      }),
    );
  });

  test("are scikit-learn's, with a label that is never there", () => {
    const rows = Array.from({ length: 9 }, (_, i) => i);
    const labels = rows.map((i) => [0, 1, 2, 3].map((k) => (k < 3 && (i * (k + 2) + k) % 3 === 0 ? 1 : 0)));
    const logits = rows.map((i) => [0, 1, 2, 3].map((k) => (k < 3 ? (((i * 5 + k * 7) % 9) - 4) / 2 : -1)));
    const [f1, exact] = [new MacroF1(), new ExactMatch()];
    for (const metric of [f1, exact]) metric.update(toTensor(logits, 4), toTensor(labels, 4));
    expect(f1.result()).toBeCloseTo(0.14285714285714285, 12);
    expect(exact.result()).toBeCloseTo(0.3333333333333333, 12);
  });

  test("count a row with NaN as wrong", () => {
    const exact = new ExactMatch();
    exact.update(toTensor([[Number.NaN], [-1]], 1), toTensor([[0], [0]], 1));
    expect(exact.result()).toBe(0.5);
  });

  test("keep the laws of metrics, and refuse labels of another shape", () => {
    const update = (metric: TargetMetric, { logits, rows, y }: MadeBatch) => {
      const width = rows[0]?.length ?? 4;
      const labels = rows.map((_, row) => Array.from({ length: width }, (_, i) => (i === y[row] ? 1 : 0)));
      metric.update(logits, toTensor(labels, width));
    };
    expectMetricLaws<number, TargetMetric>(() => new MacroF1(), update);
    expectMetricLaws<number, TargetMetric>(() => new ExactMatch(), update);
    expectMetricLaws<number, TargetMetric>(
      () => new MAE(),
      (metric, batch) =>
        update(metric, { ...batch, logits: { ...batch.logits, data: batch.logits.data.map((z) => z || 0) } }),
    );
    for (const metric of [new MacroF1(), new ExactMatch(), new MAE()]) {
      expect(() => metric.update(toTensor([[1, 2]], 2), toTensor([[1]], 1))).toThrow("of one shape [B, D]");
    }
  });
});

describe("MAE", () => {
  test("is the mean of absolute differences, as scikit-learn has it", () => {
    const rows = Array.from({ length: 9 }, (_, i) => i);
    const targets = rows.map((i) => [(i * i) / 4, (i % 4) - 1.5]);
    const metric = new MAE();
    for (const i of rows) metric.update(toTensor([[i * 1.5, (i % 3) - 1]], 2), toTensor([targets[i] ?? []], 2));
    expect(metric.result()).toBeCloseTo(1.5, 12);
    expect([metric.total, new MAE().result()]).toEqual([9, 0]);
  });
});
