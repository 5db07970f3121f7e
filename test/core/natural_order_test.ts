import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareNaturally } from "../../src/core/natural_order.ts";

describe("compareNaturally()", () => {
  test("counts numbers in names, whatever stands before and behind them", () => {
    const sorted = ["", "1", "2", "10", "a", "exp1", "exp1b", "exp2", "exp002x", "exp10", "exp10a2", "exp10a11"];
    expect(sorted.toReversed().sort(compareNaturally)).toEqual(sorted);
    const huge = ["9007199254740993", "9007199254740992"];
    expect(huge.sort(compareNaturally)).toEqual(["9007199254740992", "9007199254740993"]);
  });

  test("is a total order", () => {
    const name = fc.stringMatching(/^[ab]?[0-9]{0,2}[ab]?[0-9]{0,2}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNaturally(a, b)) + Math.sign(compareNaturally(b, a))).toBe(0);
        expect(compareNaturally(a, b) === 0).toBe(a === b);
        if (compareNaturally(a, b) < 0 && compareNaturally(b, c) < 0) expect(compareNaturally(a, c)).toBeLessThan(0);
      }),
    );
  });
});
