import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { evaluateVAELoss } from "../../../src/methods/generative_replay/vae_loss.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

const random = new RandomStream(3, "vae");
const draw = (rows: number, columns: number): Rows =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));

/** Each sample's loss from reconstructions, means and log variances, written out. */
function computeSlowly(rows: Rows, x: Rows, { latentSize, beta }: { latentSize: number; beta: number }): number[] {
  return rows.map((row, i) => {
    const size = row.length - 2 * latentSize;
    const errors = row.slice(0, size).map((value, j) => (value - (x[i]?.[j] ?? Number.NaN)) ** 2);
    const divergences = Array.from({ length: latentSize }, (_, l) => {
      const [mean, variance] = [row[size + l] ?? 0, Math.exp(row[size + latentSize + l] ?? 0)];
      return -0.5 * (1 + Math.log(variance) - mean ** 2 - variance);
    });
    return sum(errors) + beta * sum(divergences);
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("evaluateVAELoss()", () => {
  for (const beta of [1, 0.25, 0]) {
    test(`is the slow version's loss and gradient, where beta is ${beta}`, () => {
      const options = { latentSize: 2, beta };
      const [output, x] = [draw(3, 9), draw(3, 5)];
      const wanted = (rows: Rows) => sum(computeSlowly(rows, x, options)) / rows.length;
      const { loss, dOutput, losses } = evaluateVAELoss(createOutput(output), createOutput(x), options);
      expect(Math.abs(loss - wanted(output))).toBeLessThan(1e-5);
      expect(measureDifference(losses, computeSlowly(output, x, options))).toBeLessThan(1e-5);
      expect(measureDifference(dOutput, differentiateSlowly(wanted, output))).toBeLessThan(1e-5);
    });
  }

  test("is 0 where samples are reconstructed and latents are N(0, 1)", () => {
    const x = draw(2, 3);
    const { loss } = evaluateVAELoss(createOutput(x.map((row) => [...row, 0, 0, 0, 0])), createOutput(x), {
      latentSize: 2,
    });
    expect(loss).toBe(0);
  });

  test("refuses an output of another width", () => {
    const compute = () => evaluateVAELoss(createOutput(draw(2, 8)), createOutput(draw(2, 5)), { latentSize: 2 });
    expect(compute).toThrow("needs an output of 5 + 2 · 2 numbers a sample, got 8");
  });
});
