import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { dot } from "../../src/core/vector.ts";
import { computeGram } from "../../src/kernels/gram_matrix.ts";

describe("computeGram()", () => {
  test("has the bits of dot() for each pair, whatever the numbers of vectors and columns", () => {
    const length = fc.oneof(fc.nat(20), fc.integer({ min: 500, max: 530 }), fc.integer({ min: 1020, max: 1600 }));
    fc.assert(
      fc.property(fc.nat(11), length, fc.nat(99), (count, columns, seed) => {
        const random = new RandomStream(seed, "gram");
        const vectors = Array.from({ length: count }, () => {
          return Float32Array.from({ length: columns }, () => random.normal() * 10 ** (4 * random.uniform()));
        });
        const gram = computeGram(vectors);
        expect(gram.length).toBe(count * count);
        for (const [i, a] of vectors.entries()) {
          for (const [j, b] of vectors.entries()) expect(gram[i * count + j]).toBe(i <= j ? dot(a, b) : dot(b, a));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("tells numbers that are not finite", () => {
    const gram = computeGram([Float32Array.of(1, Number.NaN, 0, 0, 0), Float32Array.of(1, 2, 3, 4, 5)]);
    expect([...gram].map(Number.isNaN)).toEqual([true, true, true, false]);
  });
});
