import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evaluatePrototypeLoss } from "../../../src/training/losses/prototype_loss.ts";
import { madeRows, scaleSlowly } from "../made_features.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../slow_losses.ts";

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

/** The paper's loss, posterior by posterior. */
function lossSlowly(rows: Rows, y: readonly number[], prototypes: Rows, temperature: number): number {
  const f = rows.map(scaleSlowly);
  const power = (a: readonly number[], b: readonly number[]) => Math.exp(dot(a, b) / temperature);
  /** P(c | x) with `anchor` in the place of the prototype of c. */
  const posterior = (x: readonly number[], anchor: readonly number[], c: number) => {
    const others = prototypes.reduce((sum, p, k) => sum + (k === c ? 0 : power(x, p)), 0);
    return power(x, anchor) / (power(x, anchor) + others);
  };
  let total = 0;
  for (const [i, x] of f.entries()) {
    const c = y[i] ?? 0;
    const p = prototypes[c] ?? [];
    const anchors = [p, ...f.filter((_, j) => j !== i && y[j] === c)];
    total -= Math.log(anchors.reduce((sum, anchor) => sum + posterior(x, anchor, c), 0) / anchors.length);
    for (const [j, other] of f.entries()) {
      if (y[j] === c) continue;
      total -= Math.log(1 - 0.5 * (posterior(other, p, c) + posterior(other, x, c)));
    }
  }
  return total / rows.length;
}

const cases = fc.record({
  rows: madeRows(1, 5),
  prototypes: madeRows(2, 3),
  labels: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
  temperature: fc.constantFrom(0.3, 1),
});

describe("evaluatePrototypeLoss()", () => {
  test("is the paper's loss with its gradient", () => {
    fc.assert(
      fc.property(cases, ({ rows, prototypes, labels, temperature }) => {
        const unit = prototypes.map(scaleSlowly);
        const y = labels.slice(0, rows.length).map((label) => label % unit.length);
        const byClass = new Map(unit.map((p, k) => [k, Float64Array.from(p)]));
        const slow = (given: Rows) => lossSlowly(given, y, unit, temperature);
        const comparison = { prototypes: byClass, temperature };
        const made = evaluatePrototypeLoss(createOutput(rows), Int32Array.from(y), comparison);
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-4);
        expect(measureDifference(made.dOutput, differentiateSlowly(slow, rows, 1e-5))).toBeLessThan(1e-3);
      }),
    );
  });

  test("of a single class is nothing: there is nothing to be told apart from", () => {
    const prototypes = new Map([[4, Float64Array.of(1, 0)]]);
    const output = createOutput([
      [0, 1],
      [1, 0],
    ]);
    const { loss, dOutput } = evaluatePrototypeLoss(output, Int32Array.of(4, 4), { prototypes, temperature: 0.1 });
    expect([loss, ...dOutput].every((value) => Math.abs(value) === 0)).toBe(true);
  });
});
