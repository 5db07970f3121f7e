import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { median } from "../../../scripts/bench/statistics.ts";

const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });

describe("median()", () => {
  test("has at most half of the values on either side, and leaves them in their order", () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const before = [...values];
        const middle = median(values);
        expect(values).toEqual(before);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test("sorts as numbers, and is the mean of the two in the middle of an even number", () => {
    expect(median([10, 9, 1])).toBe(9);
    expect(median([4, 100, 1, 2])).toBe(3);
  });

  test("refuses no values", () => {
    expect(() => median([])).toThrow(/at least one value/);
  });
});
