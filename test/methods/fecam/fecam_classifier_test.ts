import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FeCAMClassifier, shrinkCovariance, toCorrelations } from "../../../src/methods/fecam/fecam_classifier.ts";
import { averageSlowly, byClass, madeClasses, readRow, scaleSlowly } from "../shared/made_features.ts";
import { createOutput, type Rows } from "../shared/slow_losses.ts";

const tukey = (row: readonly number[]) => row.map((x) => Math.sqrt(x));

/** The covariance of three features, divided by n − 1. */
function covarySlowly(rows: Rows): number[][] {
  const mean = averageSlowly(rows);
  const of = (i: number, j: number) =>
    rows.reduce((sum, row) => sum + ((row[i] ?? 0) - (mean[i] ?? 0)) * ((row[j] ?? 0) - (mean[j] ?? 0)), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => of(i, j) / Math.max(1, rows.length - 1)));
}

/** Equation 6 with γ₁ = γ₂ = 1, then equation 8. */
function correlateSlowly(covariance: readonly (readonly number[])[]): number[][] {
  const at = (i: number, j: number) => covariance[i]?.[j] ?? 0;
  const variance = (at(0, 0) + at(1, 1) + at(2, 2)) / 3;
  const shared = (2 * (at(0, 1) + at(0, 2) + at(1, 2))) / 6;
  const shrunk = covariance.map((row, i) => row.map((value, j) => value + (i === j ? variance : shared)));
  return shrunk.map((row, i) =>
    row.map((value, j) => {
      const scale = Math.sqrt((shrunk[i]?.[i] ?? 0) * (shrunk[j]?.[j] ?? 0));
      return i === j ? 1 + 1e-6 : scale > 0 ? value / scale : 0;
    }),
  );
}

/** dᵀ M⁻¹ d of three dimensions, by Cramer's rule. */
function measureSlowly(m: readonly (readonly number[])[], d: readonly number[]): number {
  const determinant = (a: readonly (readonly number[])[]) => {
    const at = (i: number, j: number) => a[i]?.[j] ?? 0;
    return (
      at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
      at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
      at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0))
    );
  };
  const whole = determinant(m);
  const solution = [0, 1, 2].map(
    (column) => determinant(m.map((row, i) => row.map((value, j) => (j === column ? (d[i] ?? 0) : value)))) / whole,
  );
  return solution.reduce((sum, x, i) => sum + x * (d[i] ?? 0), 0);
}

describe("FeCAMClassifier", () => {
  test("scores minus the squared Mahalanobis distance of the paper's equations", () => {
    fc.assert(
      fc.property(madeClasses, ({ classes, rows }) => {
        const classifier = new FeCAMClassifier();
        classifier.learn(byClass(classes));
        const scores = classifier.score(createOutput(rows), 8);
        for (const [i, row] of rows.entries()) {
          for (const [k, samples] of classes.entries()) {
            const transformed = samples.map(tukey);
            const mean = scaleSlowly(averageSlowly(transformed));
            const difference = scaleSlowly(tukey(row)).map((x, j) => x - (mean[j] ?? 0));
            const distance = measureSlowly(correlateSlowly(covarySlowly(transformed)), difference);
            const made = -(readRow(scores, i)[2 * k] ?? 0);
            expect(Math.abs(made - distance)).toBeLessThan(1e-4 * Math.max(1, distance));
          }
        }
      }),
    );
  });

  test("add() gives the moments of all samples together, and save() and restore() go round", () => {
    fc.assert(
      fc.property(madeClasses, madeClasses, ({ classes, rows }, { classes: later }) => {
        const [added, whole, again] = [new FeCAMClassifier(), new FeCAMClassifier(), new FeCAMClassifier()];
        const longer = classes.length > later.length ? classes : later;
        added.add(byClass(classes));
        added.score(createOutput(rows), 8);
        added.add(byClass(later));
        whole.learn(byClass(longer.map((_, i) => [...(classes[i] ?? []), ...(later[i] ?? [])])));
        again.restore(structuredClone(added.save()));
        const [made, wanted] = [added, whole].map((each) => [...each.score(createOutput(rows), 8).data]);
        for (const [i, value] of (made ?? []).entries()) {
          const target = wanted?.[i] ?? 0;
          expect(Math.abs(value - target)).toBeLessThan(1e-3 * Math.max(1, Math.abs(target)));
        }
        expect([...again.score(createOutput(rows), 8).data]).toEqual(made ?? []);
      }),
    );
  });

  test("refuses options out of range", () => {
    expect(() => new FeCAMClassifier({ tukeyLambda: 0 })).toThrow(
      "FeCAMClassifier: tukeyLambda must be above 0 and at most 1, got 0",
    );
    expect(() => new FeCAMClassifier({ shrinkDiagonal: -1 })).toThrow("shrinkDiagonal");
    expect(() => new FeCAMClassifier({ shrinkOffDiagonal: -1 })).toThrow("shrinkOffDiagonal");
  });
});

describe("shrinkCovariance() and toCorrelations()", () => {
  test("are the paper's, by hand", () => {
    const shrunk = shrinkCovariance(Float64Array.from([4, 2, 2, 2]), 2, { shrinkDiagonal: 2, shrinkOffDiagonal: 0.5 });
    expect([...shrunk]).toEqual([10, 3, 3, 8]);
    const correlations = toCorrelations(Float64Array.from([4, 2, 2, 0]), 2);
    expect([...correlations]).toEqual([1 + 1e-6, 0, 0, 1 + 1e-6]);
  });
});
