import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { dot } from "../../src/core/vector.ts";
import { GIVEN_VECTORS, HeldVectors } from "../../src/kernels/held_vectors.ts";

/** Checks a product against the one in double precision, as a share of the vectors' lengths. */
function expectProduct(made: number, a: Float32Array, b: Float32Array): void {
  const scale = Math.sqrt(dot(a, a) * dot(b, b)) || 1;
  expect(Math.abs(made - dot(a, b)) / scale).toBeLessThan(2e-6);
}

describe("HeldVectors", () => {
  test("multiply() gives the products of each vector given with each one held, and with itself", () => {
    const length = fc.oneof(fc.nat(9), fc.integer({ min: 1020, max: 1030 }), fc.integer({ min: 2000, max: 5000 }));
    const held = new HeldVectors();
    fc.assert(
      fc.property(fc.nat(5), fc.integer({ min: 1, max: GIVEN_VECTORS }), length, fc.nat(99), (n, m, columns, seed) => {
        const random = new RandomStream(seed, "held");
        const draw = () => Float32Array.from({ length: columns }, () => random.normal() * 10 ** (4 * random.uniform()));
        const vectors = Array.from({ length: n }, draw);
        held.reserve(n, columns);
        for (const [place, vector] of vectors.entries()) held.hold(place, vector);
        // What was given before does not count.
        for (let turn = 0; turn < 2; turn++) {
          const given = Array.from({ length: m }, draw);
          for (const [place, vector] of given.entries()) held.give(place, vector);
          const made = held.multiply(m);
          expect(made.map(({ products }) => products.length)).toEqual(given.map(() => n));
          for (const [i, a] of given.entries()) {
            expectProduct(made[i]?.square ?? Number.NaN, a, a);
            for (const [j, b] of vectors.entries()) expectProduct(made[i]?.products[j] ?? Number.NaN, a, b);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("reserve() forgets what was held", () => {
    const held = new HeldVectors();
    held.reserve(2, 5);
    held.hold(1, Float32Array.of(1, 2, 3, 4, 5));
    held.reserve(2, 5);
    held.give(0, new Float32Array(5).fill(1));
    expect(held.multiply(1)).toEqual([{ products: Float64Array.of(0, 0), square: 5 }]);
  });

  test("tells a number that is not finite in what is given", () => {
    const held = new HeldVectors();
    held.reserve(1, 4);
    held.give(0, Float32Array.of(0, Number.NaN, 0, 0));
    held.give(1, Float32Array.of(0, 1, 0, 0));
    expect(held.multiply(2).map(({ square }) => square)).toEqual([Number.NaN, 1]);
  });

  test("refuses other lengths and places", () => {
    const held = new HeldVectors();
    expect(() => held.give(0, new Float32Array(3))).toThrow("vectors held");
    held.reserve(1, 4);
    expect(() => held.hold(0, new Float32Array(3))).toThrow("one of their length, 4, got 3");
    expect(() => held.hold(1, new Float32Array(4))).toThrow("place must be at least 0 and below 1, got 1");
    expect(() => held.give(GIVEN_VECTORS, new Float32Array(4))).toThrow("below 8, got 8");
  });
});
