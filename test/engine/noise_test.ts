import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { DropoutKey } from "../../src/engine/engine.ts";
import { fillNoise } from "../../src/engine/noise.ts";
import { describeAlphaDropout } from "../../src/onnx/layers/noise.ts";

const KEY: DropoutKey = { seed: 7, step: 11, shard: 0 };

function draw(length: number, key: DropoutKey = KEY, layerIndex = 0): Float32Array {
  const values = new Float32Array(length).fill(Number.NaN);
  fillNoise(values, { kind: "normal", mean: 0, deviation: 1 }, key, layerIndex);
  return values;
}

function average(values: Float32Array, power = 1): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

describe("fillNoise()", () => {
  test("gives a normal distribution's moments and tails, when the key is any", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, step) => {
        const values = draw(20_000, { seed, step, shard: 1 });
        // Six standard errors each: 1, √2, √15 and √96 over √20,000.
        expect(Math.abs(average(values))).toBeLessThan(0.045);
        expect(Math.abs(average(values, 2) - 1)).toBeLessThan(0.06);
        expect(Math.abs(average(values, 3))).toBeLessThan(0.17);
        expect(Math.abs(average(values, 4) - 3)).toBeLessThan(0.42);
        expect(values.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("scales and moves the same draws, when given a mean and a deviation", () => {
    const values = new Float32Array(9);
    fillNoise(values, { kind: "normal", mean: 3, deviation: 0.5 }, KEY, 0);
    const wanted = draw(9).map((value) => 3 + value / 2);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
  });

  test("begins a longer tensor with the shorter one, when the key is the same", () => {
    expect([...draw(64).slice(0, 7)]).toEqual([...draw(7)]);
    expect([...draw(1)]).toEqual([...draw(2).slice(0, 1)]);
  });

  test("draws other numbers, when step, shard, seed or layer differ", () => {
    const others = [draw(64, { ...KEY, step: 12 }), draw(64, { ...KEY, shard: 1 }), draw(64, { ...KEY, seed: 8 })];
    const first = draw(64);
    for (const values of [...others, draw(64, KEY, 1)]) {
      expect(values.filter((value, i) => value === first[i]).length).toBe(0);
    }
  });
});

describe("describeAlphaDropout()", () => {
  test("keeps a mean of 0 and a variance of 1, when units of such a distribution are dropped", () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const { dropped, scale } = describeAlphaDropout(rate);
      // y = ((x − dropped) · mask + dropped) · scale; kept with odds 1 − rate, where the mask is 1/(1 − rate).
      const keptMean = (dropped - dropped / (1 - rate)) * scale;
      const droppedMean = dropped * scale;
      const mean = (1 - rate) * keptMean + rate * droppedMean;
      const keptSquare = keptMean ** 2 + (scale / (1 - rate)) ** 2;
      expect(mean).toBeCloseTo(0, 10);
      expect((1 - rate) * keptSquare + rate * droppedMean ** 2).toBeCloseTo(1, 10);
    }
  });
});
