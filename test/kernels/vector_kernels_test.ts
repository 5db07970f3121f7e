import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { compileKernels, KERNEL_MODULES, locateCompiled } from "../../scripts/compile_kernels.ts";
import { MAX_VECTORS, PIECE_SIZE, VectorKernels } from "../../src/kernels/vector_kernels.ts";
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

/** Vectors, and kernels that reach them without a copy. */
function createNear(count: number): { near: VectorKernels; vectors: readonly Float32Array[] } {
  const lengths = [...new Array<number>(count).fill(LENGTH), ...new Array<number>(MAX_VECTORS).fill(PIECE_SIZE)];
  const { memory, vectors } = createSharedVectors(lengths);
  if (!memory) throw new Error("Cannot test: there is no memory");
  return { near: new VectorKernels({ memory, pieces: vectors.slice(count) }), vectors: vectors.slice(0, count) };
}

/** Adds a penalty's gradient in the middle of vectors [gradient, parameters, a, b]; returns its value. */
function addPenalty(kernels: VectorKernels, [g, theta, a, b]: readonly Float32Array[], end: number): number {
  const none = new Float32Array(0);
  const vectors = { written: [g ?? none], read: [theta ?? none, a ?? none, b ?? none] };
  return kernels.sum(vectors, { start: 4, end }, (functions, [to = 0, at = 0, scales = 0, anchors = 0], count) =>
    functions.addPenalty(to, at, scales, anchors, count, 0.5),
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
    const { near, vectors } = createNear(2);
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
    const { near, vectors } = createNear(1);
    const elsewhere = Float32Array.from({ length: LENGTH }, (_, i) => i);
    vectors[0]?.fill(1);
    addMade(near, [vectors[0] ?? elsewhere, elsewhere], { start: 0, end: LENGTH });
    expect(vectors[0]?.slice()).toEqual(elsewhere.map((value) => value + 1));
    expect(elsewhere[LENGTH - 1]).toBe(LENGTH - 1);
  });

  test("sum() of addPenalty() equals the slow sum, and its gradient the slow gradient, wherever the vectors lie", () => {
    const eighths = fc.integer({ min: -16, max: 16 }).map((value) => value / 8);
    const fours = fc.array(fc.array(eighths, { minLength: 7, maxLength: 7 }), { minLength: 4, maxLength: 4 });
    const { near, vectors } = createNear(4);
    const far = new VectorKernels();
    fc.assert(
      fc.property(fours, fc.integer({ min: 4, max: LENGTH }), (made, end) => {
        const filled = made.map((seven) => Float32Array.from({ length: LENGTH }, (_, i) => seven[i % 7] ?? 0));
        const [g = [], theta = [], a = [], b = []] = filled.map((vector) => Array.from(vector));
        let value = 0;
        const gradient = g.map((now, i) => {
          if (i < 4 || i >= end) return now;
          const [t = 0, scale = 0, anchor = 0] = [theta[i], a[i], b[i]];
          value += t * (scale * t - 2 * anchor);
          return now + 0.5 * (scale * t - anchor);
        });
        for (const [i, vector] of vectors.entries()) vector.set(filled[i] ?? []);
        // Eighths: every sum is exact, in any order.
        expect(addPenalty(near, vectors, end)).toBe(value);
        expect(addPenalty(far, filled, end)).toBe(value);
        expect(vectors[0]?.slice()).toEqual(Float32Array.from(gradient));
        expect(filled[0]).toEqual(Float32Array.from(gradient));
      }),
      { numRuns: 20 },
    );
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

describe("compileKernels()", () => {
  for (const module of KERNEL_MODULES) {
    test(`gives what stands in ${module.name}_wasm.ts`, async () => {
      expect(readFileSync(locateCompiled(module), "utf8")).toBe(await compileKernels(module));
    });
  }
});
