import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addAbsolutes,
  addScaled,
  addSquares,
  concatVectors,
  dot,
  findRange,
  flushTiny,
  scaleVector,
} from "../../src/core/vector.ts";

const value = fc.double({ min: -100, max: 100, noNaN: true });
const vector = fc.array(value, { maxLength: 40 }).map((values) => Float32Array.from(values));

describe("findRange()", () => {
  test("finds what sorting all values finds, at every length", () => {
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 4 }), (vectors) => {
        const sorted = vectors.flatMap((values) => [...values]).sort((a, b) => a - b);
        const nothing = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        // Sorting tells −0 from 0, a comparison does not.
        const found = findRange(...vectors).map((bound) => bound + 0);
        expect(found).toEqual(sorted.length === 0 ? nothing : [(sorted[0] ?? 0) + 0, (sorted.at(-1) ?? 0) + 0]);
      }),
    );
  });
});

describe("concatVectors()", () => {
  test("puts vectors one after another, in memory of their own", () => {
    const [first, second] = [Float32Array.of(1, 2, 3), Float32Array.of(4)];
    const whole = concatVectors([first, new Float32Array(0), second]);
    first[0] = 9;
    expect([...whole]).toEqual([1, 2, 3, 4]);
    expect(concatVectors([]).length).toBe(0);
  });
});

describe("dot()", () => {
  test("adds up the products, whatever the length leaves over of fours", () => {
    fc.assert(
      fc.property(vector, (a) => {
        const b = a.map((_, i) => i + 1);
        const slow = a.reduce((sum, x, i) => sum + x * (i + 1), 0);
        expect(Math.abs(dot(a, b) - slow)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe("addScaled()", () => {
  test("adds a multiple in place", () => {
    const target = Float32Array.of(1, 2, 3);
    addScaled(target, Float32Array.of(1, 0, -1), 0.5);
    expect([...target]).toEqual([1.5, 2, 2.5]);
  });
});

describe("flushTiny()", () => {
  test("gives 0 below 2⁻¹⁰⁰ and leaves everything else as it is", () => {
    fc.assert(
      fc.property(fc.double(), (x) => {
        expect(flushTiny(x)).toBe(Math.abs(x) >= 2 ** -100 || Number.isNaN(x) ? x : 0);
      }),
    );
    const beside = 2 ** -100 * (1 - 2 ** -24);
    expect([2 ** -100, -(2 ** -100), beside, -beside, -0].map(flushTiny)).toEqual([2 ** -100, -(2 ** -100), 0, 0, 0]);
  });

  test("is what sums and products in place do with small results", () => {
    const faint = fc.integer({ min: -149, max: -60 }).map((exponent) => 2 ** exponent);
    const factors = fc.integer({ min: -60, max: 1 }).map((exponent) => -(2 ** exponent));
    fc.assert(
      fc.property(faint, faint, factors, (t, x, factor) => {
        const results = [addScaled, addSquares, addAbsolutes].map((add) => {
          const target = Float32Array.of(t);
          add(target, Float32Array.of(x), factor);
          return target[0];
        });
        const scaled = Float32Array.of(t);
        scaleVector(scaled, factor);
        const wanted = [t + factor * x, t + factor * x * x, t + factor * x, factor * t];
        expect([...results, scaled[0]]).toEqual(wanted.map((value) => Math.fround(flushTiny(value))));
      }),
    );
  });
});
