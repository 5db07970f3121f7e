import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { drawContrastPairs } from "../../../src/methods/er_aml/contrast_pairs.ts";

const labels = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });

describe("drawContrastPairs()", () => {
  test("draws one candidate of each kind for every row that has both", () => {
    fc.assert(
      fc.property(labels, labels, fc.nat(), (rows, others, seed) => {
        const isPositive = (row: number, candidate: number) => rows[row] === others[candidate];
        const isNegative = (row: number, candidate: number) => (rows[row] ?? 0) < (others[candidate] ?? 0);
        const candidates = { count: others.length, isPositive, isNegative };
        const made = drawContrastPairs(rows.length, candidates, new RandomStream(seed, "pairs"));
        const wanted = rows.flatMap((y, row) => (others.includes(y) && others.some((other) => other > y) ? [row] : []));
        expect(made.anchors).toEqual(wanted);
        for (const [i, row] of wanted.entries()) {
          expect(isPositive(row, made.positives[i] ?? -1)).toBe(true);
          expect(isNegative(row, made.negatives[i] ?? -1)).toBe(true);
        }
      }),
    );
  });

  test("draws each candidate with the same odds", () => {
    const counts = [0, 0, 0, 0];
    const random = new RandomStream(3, "pairs");
    const candidates = {
      count: 4,
      isPositive: (_: number, candidate: number) => candidate < 2,
      isNegative: () => true,
    };
    for (let i = 0; i < 2000; i++) {
      const { positives, negatives } = drawContrastPairs(1, candidates, random);
      for (const chosen of [...positives, ...negatives]) counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});
