import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  cosineDistance,
  createFeatureObjective,
  type FeatureDistance,
  halfSquaredDistance,
  meanSquaredDistance,
} from "../../../src/training/losses/feature_losses.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const subtract = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - (b[i] ?? 0));

/** Each distance of one sample, written out; all are means over the samples. */
const slow: Readonly<
  Record<string, readonly [FeatureDistance, (f: readonly number[], old: readonly number[]) => number]>
> = {
  "halfSquaredDistance()": [halfSquaredDistance, (f, old) => dot(subtract(f, old), subtract(f, old)) / 2],
  "meanSquaredDistance()": [meanSquaredDistance, (f, old) => mean(subtract(f, old).map((d) => d * d))],
  "cosineDistance()": [cosineDistance, (f, old) => 1 - dot(f, old) / Math.sqrt(dot(f, f) * dot(old, old))],
};

/** Rows of 4 features; none is so short that its direction is noise. */
const rows = fc.array(
  fc
    .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 })
    .filter((row) => dot(row, row) > 1),
  { minLength: 3, maxLength: 3 },
);

for (const [name, [distance, ofSample]] of Object.entries(slow)) {
  describe(name, () => {
    test("is the slow version, with its central differences", () => {
      fc.assert(
        fc.property(rows, rows, (features, old) => {
          const { loss, dFeatures } = distance(createOutput(features), createOutput(old));
          const whole = (values: Rows) => mean(values.map((row, i) => ofSample(row, old[i] ?? [])));
          expect(Math.abs(loss - whole(features))).toBeLessThan(1e-5);
          expect(measureDifference(dFeatures, differentiateSlowly(whole, features))).toBeLessThan(1e-4);
        }),
        { numRuns: 50 },
      );
    });
  });
}

describe("cosineDistance() of nothing", () => {
  test("counts 1 and has no gradient, where all features of a sample are 0", () => {
    const { loss, dFeatures } = cosineDistance(createOutput([[0, 0]]), createOutput([[1, 2]]));
    expect(loss).toBe(1);
    expect([...dFeatures]).toEqual([0, 0]);
  });
});

describe("createFeatureObjective()", () => {
  test("is weight times a squared distance, as the replicas compute it: Σ row weight · mean squared error", () => {
    fc.assert(
      fc.property(rows, rows, fc.double({ min: 0.1, max: 9, noNaN: true }), (features, old, weight) => {
        for (const distance of [meanSquaredDistance, halfSquaredDistance]) {
          const objective = createFeatureObjective(distance, { old: createOutput(old), weight });
          expect(objective?.kind).toBe("mse");
          const [targets, weights] = [new Float32Array(12), new Float32Array(3)];
          objective?.write(targets, weights);
          const ofRow = (row: readonly number[], i: number) => {
            return (weights[i] ?? 0) * mean(row.map((value, j) => (value - (targets[i * 4 + j] ?? 0)) ** 2));
          };
          const made = features.map(ofRow).reduce((sum, value) => sum + value, 0);
          const { loss } = distance(createOutput(features), createOutput(old));
          expect(Math.abs(made - weight * loss)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("is nothing for a distance that is not squared", () => {
    expect(createFeatureObjective(cosineDistance, { old: createOutput([[1, 2]]), weight: 1 })).toBeUndefined();
  });
});
