import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { elementAt } from "../../src/core/element_at.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import { dot, flushTiny } from "../../src/core/vector.ts";
import { ScaledVectors } from "../../src/kernels/scaled_vectors.ts";

const f = Math.fround;
/** Columns that are added up in float32. */
const PIECE = 1024;
/** Room for one piece of up to eight vectors: several memories are needed. */
const LITTLE = 40_000;

interface Drawn {
  readonly count: number;
  readonly columns: number;
  readonly seed: number;
  /** Decimal exponents of vectors, and of values in a vector. */
  readonly spread: readonly [number, number];
}

const drawn = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  columns: fc.oneof(fc.nat(20), fc.integer({ min: PIECE - 2, max: PIECE + 2 }), fc.integer({ min: 2000, max: 3500 })),
  seed: fc.nat(999),
  spread: fc.constantFrom<[number, number]>([0, 0], [0, 6], [3, 30], [34, 3]),
});

/** Vectors of normal numbers, times powers of ten that differ by vector and by value. */
function draw({ count, columns, seed, spread: [byVector, byValue] }: Drawn): Float32Array[] {
  const random = new RandomStream(seed, "scaled");
  const power = (spread: number) => 10 ** (spread * (2 * random.uniform() - 1));
  return Array.from({ length: count }, () => {
    const scale = power(byVector);
    return Float32Array.from({ length: columns }, () => 0.1 * random.normal() * scale * power(byValue));
  });
}

function hold(vectors: readonly Float32Array[], maxBytes?: number): ScaledVectors {
  const held = new ScaledVectors(maxBytes);
  held.reserve(vectors.length, vectors[0]?.length ?? 0);
  for (const [place, vector] of vectors.entries()) held.hold(place, vector);
  return held;
}

/** What is held of a vector, and what it was multiplied with. */
function scaleSlowly(vector: Float32Array): { readonly values: Float32Array; readonly factor: number } {
  const largest = findLargest(vector);
  let factor = 1;
  if (largest > 0 && (largest < 2 ** -30 || largest >= 2 ** 51)) {
    while (largest * factor >= 2 && factor > 2 ** -126) factor /= 2;
    while (largest * factor < 1 && factor < 2 ** 126) factor *= 2;
  }
  return { values: vector.map((x) => (Math.abs(x * factor) < 2 ** -63 ? 0 : x * factor)), factor };
}

/** The product of what is held of two vectors, each operation in the kernel's order and precision. */
function multiplySlowly(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let start = 0; start < a.length; start += PIECE) {
    const sums = new Float32Array(4);
    for (let i = start; i < Math.min(start + PIECE, a.length); i++) {
      sums[i % 4] = elementAt(sums, i % 4) + f(elementAt(a, i) * elementAt(b, i));
    }
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = sums;
    sum += s0 + s2 + (s1 + s3);
  }
  return sum;
}

/** The largest |value|. */
function findLargest(vector: Float32Array): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** How far a product may be from the one in double precision: by sums in float32, and by values that are held as 0. */
function boundError(a: Float32Array, b: Float32Array): number {
  const sum = a.reduce((all, value, i) => all + Math.abs(value * elementAt(b, i)), 0);
  return 260 * 2 ** -24 * sum + a.length * 2 ** -32 * findLargest(a) * findLargest(b);
}

describe("ScaledVectors", () => {
  test("computeGram() has the bits of the slow way, in one memory and in several, and keeps the stated bound", () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom(undefined, LITTLE), (how, maxBytes) => {
        const vectors = draw(how);
        const scaled = vectors.map(scaleSlowly);
        const gram = hold(vectors, maxBytes).computeGram();
        expect(gram.length).toBe(vectors.length ** 2);
        for (const [i, a] of scaled.entries()) {
          for (const [j, b] of scaled.entries()) {
            const made = elementAt(gram, i * vectors.length + j);
            expect(made).toBe(multiplySlowly(a.values, b.values) / a.factor / b.factor);
            const [first, second] = [elementAt(vectors, i), elementAt(vectors, j)];
            expect(Math.abs(made - dot(first, second))).toBeLessThanOrEqual(boundError(first, second));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("computeGram() is exact to 2e-7 of the lengths for vectors of many values", () => {
    const [a = new Float32Array(0), b = a] = draw({ count: 2, columns: 100_000, seed: 1, spread: [0, 1] });
    const mixed = b.map((value, i) => value + elementAt(a, i));
    const [square = 0, product = 0, , other = 0] = hold([a, mixed]).computeGram();
    const wanted = [dot(a, a), dot(a, mixed), dot(mixed, mixed)];
    const scale = Math.sqrt(elementAt(wanted, 0) * elementAt(wanted, 2));
    for (const [i, made] of [square, product, other].entries()) {
      expect(Math.abs(made - elementAt(wanted, i)) / scale).toBeLessThan(2e-7);
    }
  });

  test("multiply() is a product in double precision", () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom(undefined, LITTLE), (how, maxBytes) => {
        const vectors = draw(how);
        const held = hold(vectors, maxBytes);
        const last = vectors.length - 1;
        const scaled = [elementAt(vectors, 0), elementAt(vectors, last)].map(scaleSlowly);
        const [a, b] = [elementAt(scaled, 0), elementAt(scaled, 1)];
        const sum = a.values.reduce((all, value, i) => all + Math.abs(value * elementAt(b.values, i)), 0);
        const made = held.multiply(0, last) * a.factor * b.factor;
        expect(Math.abs(made - dot(a.values, b.values))).toBeLessThanOrEqual(1e-13 * sum);
      }),
      { numRuns: 40 },
    );
  });

  test("addTo() adds the first vectors by fours in float32, those in double precision, and rounds once", () => {
    const factors = fc.array(fc.oneof(fc.constantFrom(0, 1, -0.5), fc.double({ min: -1e3, max: 1e3, noNaN: true })), {
      minLength: 9,
      maxLength: 9,
    });
    fc.assert(
      fc.property(drawn, factors, fc.constantFrom(undefined, LITTLE), (how, given, maxBytes) => {
        const vectors = draw(how);
        const used = given.slice(0, Math.max(1, vectors.length - 1));
        const scaled = vectors.map(scaleSlowly);
        const [target = new Float32Array(0)] = draw({ ...how, count: 1, seed: how.seed + 1 });
        const before = target.slice();
        const own = used.map((factor, i) => factor / (scaled[i]?.factor ?? 1));
        const scales = own.map((_, i) => {
          const most = Math.max(...own.slice(i - (i % 4), i - (i % 4) + 4).map(Math.abs));
          return most === 0 ? 1 : 2 ** Math.floor(Math.log2(most));
        });
        const term = (i: number, column: number) =>
          i < own.length ? f(f(elementAt(own, i) / elementAt(scales, i)) * (scaled[i]?.values[column] ?? 0)) : 0;
        const wanted = target.map((value, column) => {
          let sum = 0;
          for (let i = 0; i < own.length; i += 4) {
            const [first, last] = [
              f(term(i, column) + term(i + 1, column)),
              f(term(i + 2, column) + term(i + 3, column)),
            ];
            sum += elementAt(scales, i) * f(first + last);
          }
          return f(flushTiny(value + sum));
        });
        hold(vectors, maxBytes).addTo(target, used);
        expect(target.findIndex((value, column) => value !== wanted[column])).toBe(-1);
        const held = used.reduce((sum, factor, i) => sum + Math.abs(factor) * findLargest(elementAt(vectors, i)), 0);
        const misses = target.findIndex((value, column) => {
          const terms = used.map((factor, i) => factor * (vectors[i]?.[column] ?? 0));
          const exact = terms.reduce((sum, each) => sum + each, before[column] ?? 0);
          const size = terms.reduce((sum, each) => sum + Math.abs(each), Math.abs(before[column] ?? 0));
          return Math.abs(value - exact) > 4 * 2 ** -24 * size + 2 ** -32 * held + 2 ** -99;
        });
        expect(misses).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });

  test("hold() tells the largest |value|, and a number that is none", () => {
    const held = new ScaledVectors();
    held.reserve(1, 6);
    expect(held.hold(0, Float32Array.of(1, -7, 3, 0, 2, 1))).toBe(7);
    expect(held.hold(0, Float32Array.of(0, 0, 0, 0, 0, -1e-42))).toBe(f(1e-42));
    expect(held.hold(0, Float32Array.of(1, Number.NEGATIVE_INFINITY, 0, 0, 0, 0))).toBe(Number.POSITIVE_INFINITY);
    for (let at = 0; at < 6; at++) {
      const vector = Float32Array.of(1, 2, Number.POSITIVE_INFINITY, 4, 5, 6);
      vector[at] = Number.NaN;
      expect(held.hold(0, vector)).toBeNaN();
    }
  });

  test("no product of what is held is subnormal, and none overflows", () => {
    const values = [2 ** -140, 2 ** -70, 2 ** -64, 2 ** -62, 2 ** -31, 1, 2 ** 50, 2 ** 60, 2 ** 127];
    for (const largest of values) {
      const vector = Float32Array.from(values.filter((value) => value <= largest));
      const square = elementAt(hold([vector]).computeGram(), 0);
      expect(square / largest ** 2).toBeGreaterThanOrEqual(1);
      expect(square / largest ** 2).toBeLessThan(1.1);
      const held = [...scaleSlowly(vector).values].filter((value) => value !== 0);
      expect(held.every((value) => value ** 2 >= 2 ** -126 && value ** 2 * PIECE < 2 ** 127)).toBe(true);
    }
  });

  test("reserve() keeps what is held where nothing changes, and forgets it otherwise", () => {
    const held = hold([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)]);
    held.reserve(2, 3);
    expect([...held.computeGram()]).toEqual([14, 32, 32, 77]);
    held.reserve(3, 3);
    expect([...held.computeGram()]).toEqual(new Array<number>(9).fill(0));
    held.hold(2, Float32Array.of(1, 1, 1));
    held.reserve(2, 2);
    held.hold(1, Float32Array.of(3, 4));
    expect([...held.computeGram()]).toEqual([0, 0, 0, 25]);
  });

  test("refuses other lengths and places", () => {
    const held = new ScaledVectors();
    held.reserve(2, 4);
    expect(() => held.hold(0, new Float32Array(3))).toThrow("one of their length, 4, got 3");
    expect(() => held.hold(2, new Float32Array(4))).toThrow("place must be at least 0 and below 2, got 2");
    expect(() => held.multiply(0, 2)).toThrow("place must be at least 0 and below 2, got 2");
    expect(() => held.addTo(new Float32Array(5), [1])).toThrow("one of their length, 4, got 5");
  });
});
