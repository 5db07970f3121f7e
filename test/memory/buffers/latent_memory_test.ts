import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { LatentMemory } from "../../../src/memory/buffers/latent_memory.ts";

/** Rows [n, 2] that begin with `first`, `first` + 1 …; class ids and task labels follow from them. */
function createRows(first: number, rows: number) {
  const ids = Array.from({ length: rows }, (_, i) => first + i);
  const data = Float32Array.from(ids.flatMap((id) => [id, -id]));
  return { x: { data, shape: [rows, 2] }, y: ids.map((id) => id % 7), taskLabels: ids.map((id) => id % 2) };
}

/** The rows held by their numbers, checked to be whole. */
function listHeld(memory: LatentMemory): number[] {
  const drawn = memory.draw(memory.length, new RandomStream(0, "all"));
  const { data } = readSamples(drawn);
  const ids = Array.from({ length: drawn.length }, (_, i) => data[2 * i] ?? -1);
  expect(ids.map((_, i) => data[2 * i + 1])).toEqual(ids.map((id) => (id === 0 ? -0 : -id)));
  expect([...drawn.targets]).toEqual(ids.map((id) => id % 7));
  expect([...drawn.targetsTaskLabels]).toEqual(ids.map((id) => id % 2));
  return ids.toSorted((a, b) => a - b);
}

describe("LatentMemory", () => {
  test("update() fills free places, then replaces rows held", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.nat(), (counts, seed) => {
        const memory = new LatentMemory(6);
        const random = new RandomStream(seed, "latent");
        let first = 1;
        for (const count of counts) {
          const before = memory.length === 0 ? [] : listHeld(memory);
          memory.update(createRows(first, count), random);
          const held = listHeld(memory);
          const fresh = Array.from({ length: count }, (_, i) => first + i);
          expect(held.slice(-count)).toEqual(fresh);
          expect(held.length).toBe(Math.min(6, before.length + count));
          expect(held.slice(0, -count).every((id) => before.includes(id))).toBe(true);
          expect(new Set(held).size).toBe(held.length);
          first += count;
        }
      }),
    );
  });

  test("restore() goes on from what save() gave", () => {
    const memory = new LatentMemory(5);
    const other = new LatentMemory(5);
    other.restore(memory.save());
    expect(other.length).toBe(0);
    memory.update(createRows(1, 5), new RandomStream(1, "latent"));
    const saved = memory.save();
    memory.update(createRows(20, 3), new RandomStream(1, "latent"));
    other.restore(saved);
    expect(listHeld(other)).toEqual([1, 2, 3, 4, 5]);
    expect(other.targets).toEqual([1, 2, 3, 4, 5]);
    other.update(createRows(20, 3), new RandomStream(1, "latent"));
    expect(listHeld(other)).toEqual(listHeld(memory));
  });

  test("draw() gives as many as there are at most, each once", () => {
    const memory = new LatentMemory(5);
    memory.update(createRows(1, 4), new RandomStream(1, "latent"));
    const random = new RandomStream(2, "draw");
    expect(memory.draw(9, random).length).toBe(4);
    const counts = new Map<number, number>();
    for (let i = 0; i < 400; i++) {
      const { data } = readSamples(memory.draw(2, random));
      expect(data[0]).not.toBe(data[2]);
      for (const id of [data[0] ?? 0, data[2] ?? 0]) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const id of [1, 2, 3, 4]) expect(Math.abs((counts.get(id) ?? 0) - 200)).toBeLessThan(50);
  });

  test("LatentMemory() refuses sizes below 1, restore() what it has not saved", () => {
    expect(() => new LatentMemory(1).restore(3)).toThrow("the saved state of a memory of activations needs");
  });
});
