import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { Staging } from "../../../src/engine/onnxruntime/addon/staging.ts";
import { BindingCache } from "../../../src/engine/onnxruntime/binding_cache.ts";
import { DropoutMasks } from "../../../src/engine/onnxruntime/dropout_masks.ts";

describe("BindingCache", () => {
  test("get() gives the same binding, when memory and rows are the same, and holds 32 at most", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 120 }), (picks) => {
        const live = new Set<object>();
        const cache = new BindingCache({
          create(arrays, rows) {
            const binding = { arrays, rows };
            live.add(binding);
            return binding;
          },
          release: (binding) => expect(live.delete(binding)).toBe(true),
        });
        const whole = new Float32Array(41 * 3);
        for (const pick of picks) {
          const cut = () => [whole.subarray(pick * 3, pick * 3 + 3), whole];
          const binding = cache.get(cut(), 1);
          expect(binding.arrays[0]).toHaveProperty("byteOffset", pick * 12);
          expect(cache.get(cut(), 1)).toBe(binding);
          expect(live.size).toBeLessThanOrEqual(32);
          expect(cache.size).toBe(live.size);
        }
        cache.clear();
        expect(live.size).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test("get() makes another binding, when one array has other memory, or the rows differ", () => {
    const cache = new BindingCache({ create: () => ({}), release: () => {} });
    const [a, b] = [new Float32Array(4), new Float32Array(4)];
    const first = cache.get([a, b], 1);
    expect(cache.get([a, a], 1)).not.toBe(first);
    expect(cache.get([a, b.subarray(0, 3)], 1)).not.toBe(first);
    expect(cache.get([a, b.subarray(1)], 1)).not.toBe(first);
    expect(cache.get([a, b], 2)).not.toBe(first);
    expect(cache.get([a, b], 1)).toBe(first);
  });

  test("get() forgets what was used least recently, when there is no room", () => {
    const released: number[] = [];
    const cache = new BindingCache({ create: (_, rows) => rows, release: (rows: number) => released.push(rows) });
    const array = new Float32Array(1);
    for (let rows = 0; rows < 32; rows++) cache.get([array], rows);
    cache.get([array], 0);
    cache.get([array], 99);
    expect(released).toEqual([1]);
  });
});

describe("Staging", () => {
  test("passes every array as it is, when the runtime takes shared memory", () => {
    const staging = new Staging(false);
    const shared = createSharedFloat32(3);
    expect(staging.read("x", shared)).toBe(shared);
    expect(staging.write("x", shared)).toBe(shared);
  });

  test("copies shared arrays through private memory, when the runtime refuses them", () => {
    const staging = new Staging(true);
    const shared = createSharedFloat32(3);
    shared.set([1, 2, 3]);
    const read = staging.read("in", shared);
    expect(read.buffer).toBeInstanceOf(ArrayBuffer);
    expect(read).toEqual(Float32Array.of(1, 2, 3));
    const written = staging.write("out", shared);
    written.set([4, 5, 6]);
    expect([...shared]).toEqual([1, 2, 3]);
    staging.flush();
    expect([...shared]).toEqual([4, 5, 6]);
    written.fill(0);
    staging.flush();
    expect([...shared]).toEqual([4, 5, 6]);
  });

  test("uses its memory again, when lengths change", () => {
    const staging = new Staging(true);
    const large = staging.read("x", createSharedFloat32(8));
    const small = staging.read("x", createSharedFloat32(3));
    expect(small.buffer).toBe(large.buffer);
    expect(small.length).toBe(3);
    expect(staging.read("x", createSharedFloat32(8)).buffer).toBe(large.buffer);
  });

  test("forgets what was written, when discarded", () => {
    const staging = new Staging(true);
    const shared = createSharedFloat32(1);
    staging.write("out", shared).fill(7);
    staging.discard();
    staging.flush();
    expect(shared[0]).toBe(0);
  });
});

describe("DropoutMasks", () => {
  const request = { name: "drop", noise: { kind: "dropout", rate: 0.5 }, layerIndex: 0 } as const;
  const key = { seed: 1, step: 2, shard: 3 };

  test("get() draws a mask anew, when anything that decides it changes", () => {
    const masks = new DropoutMasks();
    const first = masks.get({ ...request, length: 64 }, key).slice();
    expect(masks.get({ ...request, length: 64 }, { ...key, step: 3 })).not.toEqual(first);
    expect(masks.get({ ...request, length: 64 }, key)).toEqual(first);
    expect(masks.get({ ...request, length: 16 }, key)).toEqual(first.slice(0, 16));
    const noises = [{ kind: "dropout", rate: 0.1 } as const, { kind: "normal", mean: 0, deviation: 1 } as const];
    for (const noise of noises) expect(masks.get({ ...request, noise, length: 64 }, key)).not.toEqual(first);
    expect(masks.get({ ...request, length: 64, layerIndex: 1 }, key)).not.toEqual(first);
    expect(masks.get({ ...request, length: 128 }, key).subarray(0, 64)).toEqual(first);
  });

  test("get() keeps one buffer a mask, when lengths change", () => {
    const masks = new DropoutMasks();
    const large = masks.get({ ...request, length: 64 }, key);
    expect(masks.get({ ...request, length: 16 }, key).buffer).toBe(large.buffer);
    expect(masks.get({ ...request, length: 64 }, { ...key, step: 9 }).buffer).toBe(large.buffer);
  });
});
