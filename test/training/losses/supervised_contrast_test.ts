import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evaluateSupervisedContrast } from "../../../src/training/losses/supervised_contrast.ts";
import { madeRows } from "../../methods/shared/made_features.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

/** The paper's equation 2, pair by pair. */
function contrastSlowly(rows: Rows, y: readonly number[], temperature: number): number {
  const unit = rows.map((row) => row.map((x) => x / Math.hypot(...row)));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const losses = unit.map((z, i) => {
    const others = unit.map((_, j) => j).filter((j) => j !== i);
    const similarity = (j: number) => dot(z, unit[j] ?? []) / temperature;
    const total = others.reduce((sum, a) => sum + Math.exp(similarity(a)), 0);
    const positives = others.filter((j) => y[j] === y[i]);
    if (positives.length === 0) return 0;
    return -positives.reduce((sum, p) => sum + Math.log(Math.exp(similarity(p)) / total), 0) / positives.length;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

describe("evaluateSupervisedContrast()", () => {
  test("is the paper's loss with its gradient", () => {
    const cases = fc.record({
      rows: madeRows(1, 6),
      labels: fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }),
      temperature: fc.constantFrom(0.2, 1),
    });
    fc.assert(
      fc.property(cases, ({ rows, labels, temperature }) => {
        const y = labels.slice(0, rows.length);
        const slow = (given: Rows) => contrastSlowly(given, y, temperature);
        const made = evaluateSupervisedContrast(createOutput(rows), Int32Array.from(y), temperature);
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-5);
        // Short rows turn quickly: differences over a shorter way.
        expect(measureDifference(made.dOutput, differentiateSlowly(slow, rows, 1e-5))).toBeLessThan(1e-3);
      }),
    );
  });

  test("stays finite for small temperatures and rows of zeros", () => {
    const output = createOutput([
      [1, 0],
      [-1, 0],
      [0, 0],
    ]);
    const { loss, dOutput } = evaluateSupervisedContrast(output, Int32Array.of(0, 0, 1), 1e-3);
    expect(Number.isFinite(loss)).toBe(true);
    expect(dOutput.every(Number.isFinite)).toBe(true);
  });
});
