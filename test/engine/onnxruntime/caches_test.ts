import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { createSharedFloat32 } from "../../../src/core/shared_memory.ts";
import { DropoutMasks } from "../../../src/engine/onnxruntime/dropout_masks.ts";
import { Staging } from "../../../src/engine/onnxruntime/staging.ts";
import { VectorTensors } from "../../../src/engine/onnxruntime/vector_tensors.ts";

const layout = createParameterLayout([
  { name: "a", shape: [2] },
  { name: "b", shape: [1, 3] },
]);

describe("VectorTensors", () => {
  test("get() gives views at their offsets, when the vector is new", () => {
    const vector = Float32Array.of(1, 2, 3, 4, 5);
    const tensors = new VectorTensors().get(vector, layout);
    expect(tensors.get("b")?.data).toEqual(Float32Array.of(3, 4, 5));
    expect(tensors.get("b")?.dims).toEqual([1, 3]);
    vector[2] = 9;
    expect(tensors.get("b")?.data[0]).toBe(9);
  });

  test("get() gives the same tensors, when the memory is the same, and holds eight vectors at most", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(11), { maxLength: 40 }), (picks) => {
        const held = new VectorTensors();
        const whole = new Float32Array(12 * layout.size);
        for (const pick of picks) {
          const cut = () => whole.subarray(pick * layout.size, (pick + 1) * layout.size);
          const tensors = held.get(cut(), layout);
          cut().fill(pick + 1);
          expect(tensors.get("a")?.data).toEqual(Float32Array.of(pick + 1, pick + 1));
          expect(held.get(cut(), layout)).toBe(tensors);
          expect(held.size).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 30 },
    );
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
