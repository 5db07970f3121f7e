import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { StreamingLDAClassifier } from "../../../src/methods/streaming_lda/streaming_lda_classifier.ts";
import { madeRows, readRow } from "../shared/made_features.ts";
import { createOutput, type Rows } from "../shared/slow_losses.ts";

const samples = madeRows(2, 12).chain((rows) =>
  fc.record({ rows: fc.constant(rows), y: fc.array(fc.nat(2), { minLength: rows.length, maxLength: rows.length }) }),
);

/** Means and covariance by the paper's equations, one sample after another. */
function learnSlowly(rows: Rows, y: readonly number[], updates: boolean) {
  const means = new Map<number, { mean: number[]; count: number }>();
  let sigma = [0, 1, 2].map(() => [0, 0, 0]);
  for (const [t, row] of rows.entries()) {
    const { mean = [...row], count = 0 } = means.get(y[t] ?? 0) ?? {};
    const d = row.map((x, i) => x - (mean[i] ?? 0));
    if (updates && count > 0) {
      sigma = sigma.map((line, i) =>
        line.map((value, j) => (t * value + (t / (t + 1)) * (d[i] ?? 0) * (d[j] ?? 0)) / (t + 1)),
      );
    }
    means.set(y[t] ?? 0, { mean: mean.map((m, i) => m + (d[i] ?? 0) / (count + 1)), count: count + 1 });
  }
  return { means, sigma };
}

/** M⁻¹ v of three dimensions by elimination with pivots. */
function solveSlowly(matrix: readonly (readonly number[])[], v: readonly number[]): number[] {
  const m = matrix.map((row, i) => [...row, v[i] ?? 0]);
  for (let column = 0; column < 3; column++) {
    const pivot =
      [...m.keys()].slice(column).sort((a, b) => Math.abs(m[b]?.[column] ?? 0) - Math.abs(m[a]?.[column] ?? 0))[0] ?? 0;
    const [top, other] = [m[column] ?? [], m[pivot] ?? []];
    m[pivot] = top;
    m[column] = other.map((value) => value / (other[column] ?? 1));
    for (const [i, row] of m.entries()) {
      if (i !== column) m[i] = row.map((value, j) => value - (row[column] ?? 0) * (m[column]?.[j] ?? 0));
    }
  }
  return m.map((row) => row[3] ?? 0);
}

/** Samples of one task, or of those given. */
function labelRows(y: readonly number[], tasks: readonly number[] = y.map(() => 0)) {
  return { targets: Int32Array.from(y), targetsTaskLabels: Int32Array.from(tasks) };
}

function taskRows(rows: number, width = 4) {
  return { width, taskLabels: new Int32Array(rows) };
}

describe("StreamingLDAClassifier", () => {
  for (const updatesCovariance of [true, false]) {
    test(`scores by the paper's equations, ${updatesCovariance ? "covariance included" : "means alone"}`, () => {
      fc.assert(
        fc.property(samples, madeRows(1, 3), ({ rows, y }, asked) => {
          const shrinkage = 0.1;
          const classifier = new StreamingLDAClassifier({ shrinkage, updatesCovariance });
          // In two parts: only the order of samples counts.
          classifier.learn(createOutput(rows.slice(0, 1)), labelRows(y.slice(0, 1)));
          classifier.score(createOutput(asked), taskRows(asked.length, 3));
          classifier.learn(createOutput(rows.slice(1)), labelRows(y.slice(1)));
          const { means, sigma } = learnSlowly(rows, y, updatesCovariance);
          const shrunk = sigma.map((row, i) =>
            row.map((value, j) => (1 - shrinkage) * value + (i === j ? shrinkage : 0)),
          );
          const scores = classifier.score(createOutput(asked), taskRows(asked.length));
          for (const [i, row] of asked.entries()) {
            const made = readRow(scores, i);
            for (const [id, { mean }] of means) {
              const normal = solveSlowly(shrunk, mean);
              const offset = 0.5 * mean.reduce((sum, m, j) => sum + m * (normal[j] ?? 0), 0);
              const wanted = row.reduce((sum, x, j) => sum + x * (normal[j] ?? 0), 0) - offset;
              expect(Math.abs((made[id] ?? 0) - wanted)).toBeLessThan(1e-3 * Math.max(1, Math.abs(wanted)));
            }
            expect(made[3]).toBeLessThan(Math.min(...[...means.keys()].map((id) => made[id] ?? 0)) - 900);
          }
          const again = new StreamingLDAClassifier({ shrinkage, updatesCovariance });
          again.restore(structuredClone(classifier.save()));
          expect([...again.score(createOutput(asked), taskRows(asked.length)).data]).toEqual([...scores.data]);
        }),
      );
    });
  }

  test("keeps classes of different tasks apart, and one covariance for all", () => {
    fc.assert(
      fc.property(samples, madeRows(1, 3), ({ rows, y }, asked) => {
        // Classes 0, 1 and 2 are class 0 of task 7, class 1 of task 7 and class 0 of task 4.
        const [ids, tasks] = [y.map((id) => id % 2), y.map((id) => (id < 2 ? 7 : 4))];
        const [apart, joined] = [new StreamingLDAClassifier(), new StreamingLDAClassifier()];
        apart.learn(createOutput(rows), labelRows(ids, tasks));
        joined.learn(createOutput(rows), labelRows(y));
        const again = new StreamingLDAClassifier();
        again.restore(structuredClone(apart.save()));
        const wanted = joined.score(createOutput(asked), taskRows(asked.length));
        for (const task of new Set(tasks)) {
          const taskLabels = new Int32Array(asked.length).fill(task);
          const made = again.score(createOutput(asked), { width: 4, taskLabels });
          for (const row of asked.keys()) {
            for (const id of new Set(y.filter((_, i) => tasks[i] === task))) {
              expect(readRow(made, row)[id % 2]).toBe(readRow(wanted, row)[id] ?? Number.NaN);
            }
          }
        }
      }),
    );
  });

  test("refuses a shrinkage out of range, and scores all alike before it has learnt", () => {
    expect(() => new StreamingLDAClassifier({ shrinkage: 0 })).toThrow(
      "StreamingLDAClassifier: shrinkage must be above 0 and at most 1, got 0",
    );
    expect(new Set(new StreamingLDAClassifier().score(createOutput([[1, 2]]), taskRows(1, 3)).data).size).toBe(1);
  });
});
