import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { COMPATIBILITIES } from "../../../src/core/options/compatibility.ts";
import { evaluatePrototypeLoss } from "../../../src/methods/cope/prototype_loss.ts";
import { madeRows, scaleSlowly } from "../shared/made_features.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

/** What the slow loss compares rows with; pseudo-prototypes that are constants are made of other rows. */
interface SlowComparison {
  readonly prototypes: Rows;
  readonly temperature: number;
  readonly attracting: Rows;
  readonly repelling: Rows;
}

/** The paper's loss, posterior by posterior. */
function lossSlowly(rows: Rows, y: readonly number[], comparison: SlowComparison): number {
  const { prototypes, temperature } = comparison;
  const f = rows.map(scaleSlowly);
  const attracting = comparison.attracting.map(scaleSlowly);
  const repelling = comparison.repelling.map(scaleSlowly);
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
    const anchors = [p, ...attracting.filter((_, j) => j !== i && y[j] === c)];
    total -= Math.log(anchors.reduce((sum, anchor) => sum + posterior(x, anchor, c), 0) / anchors.length);
    for (const [j, other] of f.entries()) {
      if (y[j] === c) continue;
      total -= Math.log(1 - 0.5 * (posterior(other, p, c) + posterior(other, repelling[i] ?? [], c)));
    }
  }
  return total / rows.length;
}

const cases = fc.record({
  rows: madeRows(1, 5),
  prototypes: madeRows(2, 3),
  labels: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
  temperature: fc.constantFrom(0.3, 1),
  compatibility: fc.constantFrom(...COMPATIBILITIES),
});

describe("evaluatePrototypeLoss()", () => {
  test("is the paper's loss with its authors' gradients", () => {
    fc.assert(
      fc.property(cases, ({ rows, prototypes, labels, temperature, compatibility }) => {
        const unit = prototypes.map(scaleSlowly);
        const y = labels.slice(0, rows.length).map((label) => label % unit.length);
        const byClass = new Map(unit.map((p, k) => [k, Float64Array.from(p)]));
        const slow = (given: Rows) => {
          const repelling = compatibility === "paper" ? given : rows;
          return lossSlowly(given, y, { prototypes: unit, temperature, attracting: rows, repelling });
        };
        const comparison = { prototypes: byClass, temperature, compatibility };
        const made = evaluatePrototypeLoss(createOutput(rows), Int32Array.from(y), comparison);
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-4);
        expect(measureDifference(made.dOutput, differentiateSlowly(slow, rows, 1e-5))).toBeLessThan(1e-3);
      }),
    );
  });

  // Recorded from the authors' own PyTorch code and from their plugin for Avalanche, in double precision.
  for (const [compatibility, wanted] of [
    [
      "paper",
      [
        [-0.078891, 0.157917, -0.131395],
        [0.408633, -0.116215, 0.130273],
        [-0.370282, -0.28093, 0.197887],
        [0.202192, -0.042501, 0.157378],
        [-0.076002, 0.263099, 0.059638],
        [0.458409, -0.181825, 0.012807],
      ],
    ],
    [
      "avalanche",
      [
        [-0.051427, 0.061566, -0.113238],
        [0.376944, -0.100752, 0.107268],
        [-0.367487, -0.316434, 0.16504],
        [0.19191, -0.02855, 0.128154],
        [-0.144747, 0.265666, 0.019418],
        [0.415591, -0.17327, 0.004235],
      ],
    ],
  ] as const) {
    test(`gives the numbers that PyTorch gave, with compatibility ${compatibility}`, () => {
      const rows = [
        [0.9, 0.2, -0.3],
        [0.1, 0.8, 0.4],
        [0.7, -0.5, 0.6],
        [-0.2, 0.9, 0.5],
        [-0.6, -0.4, 1],
        [0.3, 0.7, -0.8],
      ];
      const directions = [
        [1, 1, 0.5],
        [-0.5, 1, 0.2],
        [0.3, -0.8, 1],
      ];
      const prototypes = new Map(directions.map((row, id) => [id, Float64Array.from(scaleSlowly(row))]));
      const comparison = { prototypes, temperature: 0.5, compatibility };
      const made = evaluatePrototypeLoss(createOutput(rows), Int32Array.of(0, 1, 0, 1, 2, 1), comparison);
      expect(Math.abs(made.loss - 1.656838)).toBeLessThan(2e-6);
      expect(measureDifference(made.dOutput, wanted.flat())).toBeLessThan(2e-6);
    });
  }

  test("of a single class is nothing: there is nothing to be told apart from", () => {
    const comparison = {
      prototypes: new Map([[4, Float64Array.of(1, 0)]]),
      temperature: 0.1,
      compatibility: "paper",
    } as const;
    const output = createOutput([
      [0, 1],
      [1, 0],
    ]);
    const { loss, dOutput } = evaluatePrototypeLoss(output, Int32Array.of(4, 4), comparison);
    expect([loss, ...dOutput].every((value) => Math.abs(value) === 0)).toBe(true);
  });

  test("counts every row, also where the product of what is left would vanish", () => {
    const near = [1, 0.001];
    const rows = [[1, 0], ...Array.from({ length: 90 }, () => near)];
    const y = rows.map((_, i) => (i === 0 ? 0 : 1));
    const prototypes = [
      [1, 0],
      [0, 1],
    ];
    const comparison = { prototypes, temperature: 0.1, attracting: rows, repelling: rows };
    const byClass = new Map(prototypes.map((row, id) => [id, Float64Array.from(row)]));
    const options = { prototypes: byClass, temperature: 0.1, compatibility: "paper" } as const;
    const { loss } = evaluatePrototypeLoss(createOutput(rows), Int32Array.from(y), options);
    expect(Math.abs(loss / lossSlowly(rows, y, comparison) - 1)).toBeLessThan(1e-6);
  });
});
