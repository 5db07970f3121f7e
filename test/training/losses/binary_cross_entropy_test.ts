import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evaluateBinaryCrossEntropy, sigmoid } from "../../../src/training/losses/binary_cross_entropy.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

describe("evaluateBinaryCrossEntropy()", () => {
  test("is the mean of −t ln σ(z) − (1 − t) ln(1 − σ(z)), with its gradient", () => {
    const targets = fc.array(
      fc.integer({ min: 0, max: 8 }).map((value) => value / 8),
      { minLength: 25, maxLength: 25 },
    );
    fc.assert(
      fc.property(madeOutputs, targets, fc.array(fc.nat(4), { minLength: 1 }), ({ rows }, all, wanted) => {
        const width = rows[0]?.length ?? 0;
        const columns = new Set(wanted.map((column) => column % width));
        const slow = (given: Rows) => {
          const losses = given.flatMap((row, i) =>
            [...columns].map((column) => {
              const [p, t] = [1 / (1 + Math.exp(-(row[column] ?? 0))), all[i * width + column] ?? 0];
              return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
            }),
          );
          return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
        };
        const made = evaluateBinaryCrossEntropy(createOutput(rows), Float32Array.from(all), { columns });
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-5);
        expect(measureDifference(made.dOutput, differentiateSlowly(slow, rows))).toBeLessThan(1e-4);
      }),
    );
  });

  test("stays finite for large logits", () => {
    const { loss, dOutput } = evaluateBinaryCrossEntropy(createOutput([[800, -800]]), Float32Array.of(0, 1), {
      columns: [0, 1],
    });
    expect(loss).toBe(800);
    expect([...dOutput]).toEqual([0.5, -0.5]);
    expect([sigmoid(0), sigmoid(800), sigmoid(-800)]).toEqual([0.5, 1, 0]);
  });
});
