import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evaluateAsymmetricContrast } from "../../../src/methods/er_aml/asymmetric_contrast.ts";
import { madeRows, scaleSlowly } from "../shared/made_features.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

/** The paper's equation 1, pair by pair: the first rows are compared with the others. */
function contrastSlowly(
  rows: Rows,
  y: readonly number[],
  { anchors, temperature }: { readonly anchors: number; readonly temperature: number },
): number {
  const unit = rows.map(scaleSlowly);
  const others = unit.map((_, j) => j).slice(anchors);
  const losses = unit.slice(0, anchors).map((z, i) => {
    const similarity = (j: number) => z.reduce((sum, x, k) => sum + x * (unit[j]?.[k] ?? 0), 0) / temperature;
    const total = others.reduce((sum, a) => sum + Math.exp(similarity(a)), 0);
    const positives = others.filter((j) => y[j] === y[i]);
    if (positives.length === 0) return 0;
    return -positives.reduce((sum, p) => sum + Math.log(Math.exp(similarity(p)) / total), 0) / positives.length;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / anchors;
}

describe("evaluateAsymmetricContrast()", () => {
  test("is the paper's loss with its gradient", () => {
    const cases = fc.record({
      rows: madeRows(3, 7),
      labels: fc.array(fc.nat(2), { minLength: 7, maxLength: 7 }),
      anchors: fc.integer({ min: 1, max: 2 }),
      temperature: fc.constantFrom(0.2, 1),
      weight: fc.constantFrom(1, 0.3),
    });
    fc.assert(
      fc.property(cases, ({ rows, labels, weight, ...options }) => {
        const y = labels.slice(0, rows.length);
        const slow = (given: Rows) => weight * contrastSlowly(given, y, options);
        const made = evaluateAsymmetricContrast(createOutput(rows), Int32Array.from(y), { ...options, weight });
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-5);
        // Short rows turn quickly: differences over a shorter way.
        expect(measureDifference(made.dFeatures, differentiateSlowly(slow, rows, 1e-5))).toBeLessThan(1e-3);
      }),
    );
  });

  test("stays finite for small temperatures and rows of zeros", () => {
    const features = createOutput([
      [0, 0],
      [1, 0],
      [-1, 0],
    ]);
    const made = evaluateAsymmetricContrast(features, Int32Array.of(0, 0, 1), { anchors: 1, temperature: 1e-3 });
    expect(Number.isFinite(made.loss)).toBe(true);
    expect(made.dFeatures.every(Number.isFinite)).toBe(true);
  });
});
