import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { logSumExp } from "../../src/core/log_sum_exp.ts";

const values = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 12 });

describe("logSumExp()", () => {
  test("is the logarithm of the sum of the exponentials", () => {
    fc.assert(
      fc.property(values, (list) => {
        const wanted = Math.log(list.reduce((sum, value) => sum + Math.exp(value), 0));
        expect(Math.abs(logSumExp(list) - wanted)).toBeLessThan(1e-12 * Math.max(1, Math.abs(wanted)));
      }),
    );
  });

  test("moves with its values, however large they are", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(-1e6, -1000, 1000, 1e6), (list, shift) => {
        const moved = logSumExp(Float64Array.from(list, (value) => value + shift));
        expect(Math.abs(moved - shift - logSumExp(list))).toBeLessThan(1e-8);
      }),
    );
  });

  test("leaves out what is −∞, and is −∞ where nothing is left", () => {
    expect(logSumExp([3, Number.NEGATIVE_INFINITY])).toBe(3);
    expect(logSumExp(Float32Array.of(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  });
});
