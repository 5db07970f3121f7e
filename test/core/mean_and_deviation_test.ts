import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { measureMeanAndDeviation } from "../../src/core/mean_and_deviation.ts";

describe("measureMeanAndDeviation()", () => {
  test("agrees with the mean squared distance of all pairs", () => {
    const shares = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(shares, (values) => {
        const pairs = values.flatMap((a) => values.map((b) => (a - b) ** 2));
        const n = values.length;
        const { mean, deviation } = measureMeanAndDeviation(values);
        expect(mean).toBeCloseTo(values.reduce((a, b) => a + b) / n, 12);
        // The sum over pairs is 2 n times the sum of squares about the mean.
        expect(deviation).toBeCloseTo(Math.sqrt(pairs.reduce((a, b) => a + b) / (2 * n * (n - 1))), 9);
      }),
    );
  });

  test("leaves out what was not measured, and has no deviation of one value", () => {
    expect(measureMeanAndDeviation([0.5, Number.NaN])).toEqual({ mean: 0.5, deviation: Number.NaN });
    expect(measureMeanAndDeviation([])).toEqual({ mean: Number.NaN, deviation: Number.NaN });
    expect(measureMeanAndDeviation([1, Number.NaN, 3]).deviation).toBeCloseTo(Math.SQRT2, 12);
  });
});
