import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

/** Σ (observed − expected)² / expected: about as large as there are values when the odds are even. */
function chiSquare(counts: Float64Array, expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe("ReservoirSamplingBuffer", () => {
  test("keeps every sample with even odds, however they came in, after shrinking too", () => {
    const all = makeDataset(new Int32Array(60));
    const parts = [
      all.subset([...Array(40).keys()]),
      all.subset([40]),
      all.subset([...Array(19).keys()].map((i) => i + 41)),
    ];
    const counts = new Float64Array(60);
    for (let seed = 0; seed < 2000; seed++) {
      const buffer = new ReservoirSamplingBuffer({ maxSize: 20 });
      const random = new RandomStream(seed, "buffer");
      for (const part of parts) buffer.updateFromDataset(part, random);
      buffer.resize(12);
      for (const row of buffer.buffer.references.rows) counts[row] = (counts[row] ?? 0) + 1;
    }
    // 2000 runs of 12 in 60: 400 each. 59 degrees of freedom: more than 104 comes by chance once in 5000 seeds.
    expect(chiSquare(counts, 400)).toBeLessThan(104);
  });

  test("holds distinct samples of what it saw, as many as fit, in an order of its own", () => {
    const sizes = fc.array(fc.nat(20), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 30 }), fc.nat(99), (lengths, maxSize, seed) => {
        const buffer = new ReservoirSamplingBuffer({ maxSize });
        const random = new RandomStream(seed, "buffer");
        const seen: string[] = [];
        for (const length of lengths) {
          const part = makeDataset(new Int32Array(length));
          buffer.updateFromDataset(part, random);
          seen.push(...listSamples(part));
          const held = listSamples(buffer.buffer);
          expect(held.length).toBe(Math.min(maxSize, seen.length));
          expect(new Set(held).size).toBe(held.length);
          expect(held.every((sample) => seen.includes(sample))).toBe(true);
          expect(buffer.buffer.sources.size).toBeLessThanOrEqual(Math.max(1, held.length));
        }
        expect(buffer.seen).toBe(seen.length);
      }),
    );
  });

  test("gives the same samples whether they come in one update or in many", () => {
    const all = makeDataset(new Int32Array(50));
    const [whole, pieces] = [new ReservoirSamplingBuffer({ maxSize: 7 }), new ReservoirSamplingBuffer({ maxSize: 7 })];
    whole.updateFromDataset(all, new RandomStream(1, "buffer"));
    const random = new RandomStream(1, "buffer");
    for (let i = 0; i < 50; i += 5) pieces.updateFromDataset(all.subset([0, 1, 2, 3, 4].map((j) => i + j)), random);
    expect(listSamples(pieces.buffer)).toEqual(listSamples(whole.buffer));
  });

  test("is what sorting everything seen by the drawn keys gives, over several pieces, and old buffers stay", () => {
    const all = makeDataset(new Int32Array(4000));
    const names = listSamples(all);
    const buffer = new ReservoirSamplingBuffer({ maxSize: 2500 });
    const [random, slowRandom] = [new RandomStream(5, "buffer"), new RandomStream(5, "buffer")];
    const keys = names.map(() => slowRandom.uniform());
    let seen = 0;
    for (const length of [1800, 10, 1000, 7, 1183]) {
      const positions = Array.from({ length }, (_, i) => seen + i);
      const before = buffer.buffer;
      const wantedBefore = rank(seen);
      buffer.updateFromDataset(all.subset(positions), random);
      seen += length;
      expect(listSamples(buffer.buffer)).toEqual(rank(seen));
      expect(listSamples(before)).toEqual(wantedBefore);
    }

    function rank(count: number): string[] {
      const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => (keys[b] ?? 0) - (keys[a] ?? 0));
      return order.slice(0, 2500).map((position) => names[position] ?? "");
    }
  });

  test("resize() to less keeps the front, to more makes room", () => {
    const buffer = new ReservoirSamplingBuffer({ maxSize: 6 });
    const random = new RandomStream(2, "buffer");
    buffer.updateFromDataset(makeDataset(new Int32Array(9)), random);
    const before = listSamples(buffer.buffer);
    buffer.resize(4);
    expect(listSamples(buffer.buffer)).toEqual(before.slice(0, 4));
    buffer.resize(8);
    expect([buffer.maxSize, buffer.buffer.length]).toEqual([8, 4]);
    buffer.updateFromDataset(makeDataset(new Int32Array(9)), random);
    expect(buffer.buffer.length).toBe(8);
    expect(() => buffer.resize(0)).toThrow("at least 1");
    expect(() => new ReservoirSamplingBuffer({ maxSize: 1.5 })).toThrow("maxSize");
  });

  test("an empty update changes nothing", () => {
    const buffer = new ReservoirSamplingBuffer({ maxSize: 3 });
    buffer.updateFromDataset(Dataset.empty(), new RandomStream(0, "buffer"));
    expect(buffer.buffer.length).toBe(0);
  });
});
