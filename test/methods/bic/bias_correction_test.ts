import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { correctBias, fitBiasCorrection } from "../../../src/methods/bic/bias_correction.ts";
import { madeOutputs } from "../shared/made_outputs.ts";
import { createOutput, measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";

describe("correctBias()", () => {
  test("corrects the logits of its classes alone", () => {
    const output = createOutput([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const { data } = correctBias(output, { classes: new Set([2]), alpha: 0.5, beta: 1 });
    expect([...data]).toEqual([1, 2, 2.5, 4, 5, 4]);
  });
});

describe("fitBiasCorrection()", () => {
  test("finds a least cross-entropy, weighed against leaving the identity: no step away is better", () => {
    fc.assert(
      fc.property(madeOutputs, ({ rows, y }) => {
        const width = rows[0]?.length ?? 0;
        const newest = new Set([width - 1]);
        const seen = new Set(Array.from({ length: width }, (_, id) => id));
        const { alpha, beta } = fitBiasCorrection(createOutput(rows), Int32Array.from(y), { newest, seen });
        const measure = (a: number, b: number) => {
          const corrected = rows.map((row) => row.map((z, id) => (newest.has(id) ? a * z + b : z)));
          return slowCrossEntropy(0)(corrected, y) + 0.0005 * ((a - 1) ** 2 + b ** 2);
        };
        const best = measure(alpha, beta);
        for (const [da, db] of [
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
          [1, 1],
          [-1, -1],
        ] as const) {
          expect(measure(alpha + 0.01 * da, beta + 0.01 * db)).toBeGreaterThan(best - 1e-9);
        }
        expect(best).toBeLessThan(measure(1, 0) + 1e-9);
      }),
    );
  });

  test("takes back a bias that was put on the logits of new classes", () => {
    // Both classes as often as their logits say; then the second one's are raised.
    const rows = Array.from({ length: 40 }, (_, i) => [0, (i % 8) / 2 - 1.75]);
    const y = Int32Array.from(rows, (row, i) => ((i * 0.618) % 1 < 1 / (1 + Math.exp(-(row[1] ?? 0))) ? 1 : 0));
    const parts = { newest: new Set([1]), seen: new Set([0, 1]) };
    const fair = fitBiasCorrection(createOutput(rows), y, parts);
    const biased = fitBiasCorrection(createOutput(rows.map(([a = 0, b = 0]) => [a, 2 * b + 3])), y, parts);
    const undone = [2 * biased.alpha, 3 * biased.alpha + biased.beta];
    expect(measureDifference(undone, [fair.alpha, fair.beta])).toBeLessThan(0.05);
  });
});
