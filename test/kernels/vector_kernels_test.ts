import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { compileKernels, KERNELS_FILE } from "../../scripts/compile_kernels.ts";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import { createSharedVectors, reattachVector } from "../../src/kernels/vector_memory.ts";

const LENGTH = 20_000;
const values = fc.array(fc.float({ noNaN: true }), { minLength: 3, maxLength: 3 });

/** s ← s + a by the kernels, with a made from three numbers. */
function addMade(
  kernels: VectorKernels,
  vectors: readonly Float32Array[],
  slice: { start: number; end: number },
): void {
  const [sum = new Float32Array(0), addend = new Float32Array(0)] = vectors;
  kernels.compute({ written: [sum], read: [addend] }, slice, (functions, [s = 0, a = 0], count) =>
    functions.addVector(s, a, count),
  );
}

describe("VectorKernels", () => {
  test("compute() gives the same bits wherever the vectors lie and the slice begins, and leaves the rest alone", () => {
    const anywhere = fc
      .tuple(fc.nat(LENGTH), fc.nat(LENGTH))
      .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
    const onLanes = anywhere.map(({ start, end }) => ({
      start: start - (start % 4),
      end: end > LENGTH - 4 ? LENGTH : end - (end % 4),
    }));
    const slices = fc.oneof(
      anywhere,
      onLanes.filter(({ start, end }) => start <= end),
    );
    const { memory, vectors } = createSharedVectors([LENGTH, LENGTH]);
    const near = new VectorKernels(memory);
    const far = new VectorKernels();
    fc.assert(
      fc.property(values, values, slices, (starts, addends, slice) => {
        const filled = [starts, addends].map((three) =>
          Float32Array.from({ length: LENGTH }, (_, i) => three[i % 3] ?? 0),
        );
        const wanted = Float32Array.from(filled[0] ?? [], (value, i) =>
          i >= slice.start && i < slice.end ? value + (filled[1]?.[i] ?? 0) : value,
        );
        for (const [i, vector] of vectors.entries()) vector.set(filled[i] ?? []);
        addMade(near, vectors, slice);
        addMade(far, filled, slice);
        expect(filled[0]).toEqual(wanted);
        expect(filled[1]?.[0]).toBe(Math.fround(addends[0] ?? 0));
        expect(vectors[0]?.slice()).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });

  test("compute() copies what lies elsewhere, when only some of the vectors are in its memory", () => {
    const { memory, vectors } = createSharedVectors([8]);
    const kernels = new VectorKernels(memory);
    const elsewhere = Float32Array.from({ length: 8 }, (_, i) => i);
    vectors[0]?.fill(1);
    addMade(kernels, [vectors[0] ?? elsewhere, elsewhere], { start: 0, end: 8 });
    expect([...(vectors[0] ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...elsewhere]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("createSharedVectors()", () => {
  test("gives zeroed vectors on lines of their own in one memory", () => {
    const { memory, vectors } = createSharedVectors([3, 0, 17, 16]);
    expect(vectors.map(({ length }) => length)).toEqual([3, 0, 17, 16]);
    expect(vectors.map(({ byteOffset }) => byteOffset)).toEqual([0, 64, 64, 192]);
    expect(vectors.every(({ buffer }: Float32Array) => buffer === memory?.buffer)).toBe(true);
  });

  test("gives each vector a buffer of its own, when they do not fit into a memory", () => {
    const { memory, vectors } = createSharedVectors([4, 2 ** 30]);
    expect(memory).toBeUndefined();
    expect(vectors[0]?.buffer.byteLength).toBe(16);
  });
});

describe("reattachVector()", () => {
  test("shows the same elements", () => {
    const { memory, vectors } = createSharedVectors([5, 5]);
    const second = vectors[1] ?? new Float32Array(new SharedArrayBuffer(0));
    second[2] = 7;
    if (!memory) throw new Error("Cannot reattach: there is no memory");
    expect([...reattachVector(second, memory)]).toEqual([0, 0, 7, 0, 0]);
  });
});

describe("vector_kernels_wasm.ts", () => {
  test("is what its source compiles to", async () => {
    expect(readFileSync(KERNELS_FILE, "utf8")).toBe(await compileKernels());
  });
});
