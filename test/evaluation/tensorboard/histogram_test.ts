import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createCountHistogram, createHistogram } from "../../../src/evaluation/tensorboard/histogram.ts";

describe("createHistogram()", () => {
  test("puts every finite value into the bucket whose limits hold it", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1 }), (numbers) => {
        const values = Float32Array.from([...numbers, Number.NaN, Number.POSITIVE_INFINITY]);
        const { min, max, num, sum, bucketLimits, buckets } = createHistogram(values, 5);
        const finite = [...values].filter(Number.isFinite);
        expect([min, max, num]).toEqual([Math.min(...finite), Math.max(...finite), finite.length]);
        expect(sum).toBeCloseTo(
          finite.reduce((a, b) => a + b, 0),
          4,
        );
        expect(buckets.reduce((a, b) => a + b, 0)).toBe(finite.length);
        expect(bucketLimits.length).toBe(5);
        expect(bucketLimits.at(-1)).toBeCloseTo(max === min ? min + 5 : max, 4);
        // What lies below a limit, within rounding, is in the buckets up to it.
        let below = 0;
        bucketLimits.forEach((limit, i) => {
          below += buckets[i] ?? 0;
          expect(below).toBeGreaterThanOrEqual(finite.filter((value) => value < limit - 1e-5).length);
          expect(below).toBeLessThanOrEqual(finite.filter((value) => value <= limit + 1e-5).length);
        });
      }),
    );
  });

  test("is empty, when there is no finite value", () => {
    expect(createHistogram(Float32Array.of(Number.NaN))).toMatchObject({ num: 0, buckets: [0], bucketLimits: [0] });
  });
});

describe("createCountHistogram()", () => {
  test("gives each number a bucket of its own around it", () => {
    expect(
      createCountHistogram([
        [2, 5],
        [4, 1],
      ]),
    ).toEqual({
      min: 2,
      max: 4,
      num: 6,
      sum: 14,
      sumSquares: 36,
      bucketLimits: [1.5, 2.5, 3.5, 4.5],
      buckets: [0, 5, 0, 1],
    });
  });
});
