import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TINY } from "../../src/core/vector.ts";
import { addScaled } from "../../src/kernels/add_scaled.ts";
import { PIECE_SIZE } from "../../src/kernels/vector_kernels.ts";

const float = fc.float({ noDefaultInfinity: false });
const small = fc.double({ min: -4 * TINY, max: 4 * TINY, noNaN: true }).map(Math.fround);
const values = fc.array(fc.oneof(float, small), { minLength: 1, maxLength: 50 });
const factors = fc.oneof(fc.constantFrom(1, -1, 0, 0.5, -0.01), fc.double({ min: -1e6, max: 1e6, noNaN: true }));

/** A view that begins `offset` elements into its buffer: these values again and again, turned by a place. */
function makeView(length: number, offset: number, from: readonly number[]): Float32Array {
  const whole = new Float32Array(length + offset + 3).fill(7);
  const view = whole.subarray(offset, offset + length);
  for (let i = 0; i < length; i++) view[i] = from[(i + Math.floor(i / from.length)) % from.length] ?? 0;
  return view;
}

/** One element by itself, in double precision. */
function addOne(target: number, addend: number, factor: number): number {
  const sum = target + factor * addend;
  return Math.abs(sum) < TINY ? 0 : Math.fround(sum);
}

describe("addScaled()", () => {
  test("gives each element the bits of one sum in double precision, and leaves what is beside the vector alone", () => {
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: PIECE_SIZE - 3, max: PIECE_SIZE + 5 }),
    );
    fc.assert(
      fc.property(lengths, fc.nat(3), values, values, factors, (length, offset, targets, addends, factor) => {
        const target = makeView(length, offset, targets);
        const addend = makeView(length, 3 - offset, addends);
        const wanted = target.map((value, i) => addOne(value, addend[i] ?? 0, factor));
        addScaled(target, addend, factor);
        const differing = wanted.findIndex((value, i) => !Object.is(value, target[i]));
        expect([differing, wanted[differing]]).toEqual([-1, undefined]);
        const around = new Float32Array(target.buffer);
        const beside = [...around.subarray(0, offset), ...around.subarray(offset + length)];
        expect(beside).toEqual(new Array<number>(offset + 3).fill(7));
      }),
      { numRuns: 200 },
    );
  });

  test("flushes a sum that single precision rounds up to the least number kept", () => {
    const least = 2 ** -149;
    const vector = makeView(1600, 0, [TINY, TINY, TINY, -TINY, 1, 0, 2 * TINY]);
    const addend = makeView(1600, 0, [-least, 0, least, least, TINY, TINY, -TINY]);
    const wanted = vector.map((value, i) => addOne(value, addend[i] ?? 0, 1));
    addScaled(vector, addend, 1);
    expect(vector).toEqual(wanted);
  });

  test("adds a vector to itself", () => {
    const vector = makeView(5000, 1, [1, 2, 3]);
    const wanted = vector.map((value) => 1.5 * value);
    addScaled(vector, vector, 0.5);
    expect(vector).toEqual(wanted);
  });
});
