import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { fillDropoutMask } from "../../src/engine/dropout_mask.ts";
import type { DropoutKey } from "../../src/engine/engine.ts";

const KEY: DropoutKey = { seed: 7, step: 11, shard: 0 };

function createMask(length: number, rate: number, key: DropoutKey = KEY, layerIndex = 0): Float32Array {
  const mask = new Float32Array(length).fill(-1);
  fillDropoutMask(mask, rate, key, layerIndex);
  return mask;
}

function countZeros(mask: Float32Array): number {
  return mask.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
}

/** Share of the positions at which both masks drop, or both keep. */
function measureAgreement(a: Float32Array, b: Float32Array): number {
  return a.reduce((count, value, i) => count + (value === b[i] ? 1 : 0), 0) / a.length;
}

describe("fillDropoutMask", () => {
  test("fillDropoutMask() drops a share of `rate` and scales the rest, at any key", () => {
    const length = 20_000;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.95, noNaN: true }), fc.nat(), fc.nat(), (rate, seed, step) => {
        const mask = createMask(length, rate, { seed, step, shard: 0 });
        // Six standard deviations of a binomial draw, and the rounding of the odds.
        const allowed = 6 * Math.sqrt((rate * (1 - rate)) / length) + 1 / 65536;
        expect(Math.abs(countZeros(mask) / length - rate)).toBeLessThanOrEqual(allowed);
        const keep = Math.fround(1 / (1 - rate));
        expect(mask.every((value) => value === 0 || value === keep)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("fillDropoutMask() drops even and odd elements alike and without pairing them", () => {
    const mask = createMask(65_536, 0.25);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < mask.length; i += 2) {
      const pair = (mask[i] === 0 ? 2 : 0) + (mask[i + 1] === 0 ? 1 : 0);
      counts[pair] = (counts[pair] ?? 0) + 1;
    }
    const shares = counts.map((count) => count / 32_768);
    [0.5625, 0.1875, 0.1875, 0.0625].forEach((wanted, i) => {
      expect(Math.abs((shares[i] ?? 0) - wanted)).toBeLessThan(0.015);
    });
  });

  test("fillDropoutMask() gives equal masks, when the keys are equal, in shared memory too", () => {
    const shared = createSharedFloat32(1001);
    fillDropoutMask(shared, 0.5, { ...KEY }, 3);
    expect([...shared]).toEqual([...createMask(1001, 0.5, KEY, 3)]);
  });

  test("fillDropoutMask() begins a longer mask with the shorter one, odd lengths included", () => {
    const whole = createMask(64, 0.5);
    for (const length of [0, 1, 2, 7, 33]) expect([...createMask(length, 0.5)]).toEqual([...whole.slice(0, length)]);
  });

  test("fillDropoutMask() writes only its own elements, when the mask is a view", () => {
    const buffer = new Float32Array(9).fill(-1);
    fillDropoutMask(buffer.subarray(1, 8), 0.5, KEY, 0);
    expect([buffer[0], buffer[8]]).toEqual([-1, -1]);
  });

  test("fillDropoutMask() gives independent masks, when the keys are neighbours", () => {
    const one = createMask(65_536, 0.5);
    const neighbours: readonly [DropoutKey, number][] = [
      [{ ...KEY, seed: 8 }, 0],
      [{ ...KEY, seed: 7 + 2 ** 32 }, 0],
      [{ ...KEY, step: 12 }, 0],
      [{ ...KEY, step: 10 }, 0],
      [{ ...KEY, shard: 1 }, 0],
      [KEY, 1],
      [{ seed: 11, step: 7, shard: 0 }, 0],
    ];
    for (const [key, layerIndex] of neighbours) {
      const other = createMask(65_536, 0.5, key, layerIndex);
      for (const shift of [0, 1, 2, 3]) {
        const agreement = measureAgreement(one.subarray(0, 65_000), other.subarray(shift, shift + 65_000));
        expect(Math.abs(agreement - 0.5)).toBeLessThan(0.012);
      }
    }
  });

  test("fillDropoutMask() keeps everything, when the rate is 0", () => {
    expect(createMask(5, 0).every((value) => value === 1)).toBe(true);
  });

  test("fillDropoutMask() refuses rates outside [0, 1), when called", () => {
    for (const rate of [-0.1, 1, 1.5, Number.NaN]) expect(() => createMask(2, rate)).toThrow(RangeError);
  });

  test("fillDropoutMask() refuses keys that are not whole numbers, when called", () => {
    expect(() => createMask(2, 0.5, { ...KEY, step: 0.5 })).toThrow("fillDropoutMask: ");
    expect(() => createMask(2, 0.5, KEY, -1)).toThrow("layerIndex");
  });
});
