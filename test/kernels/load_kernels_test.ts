import { describe, expect, test } from "bun:test";
import { createMatrixKernels } from "../../src/kernels/matrix_memory.ts";

describe("loadKernels()", () => {
  test("compiles a module once for several memories, which share nothing", () => {
    const { Module } = WebAssembly;
    let compiled = 0;
    WebAssembly.Module = class extends Module {
      constructor(bytes: BufferSource) {
        super(bytes);
        compiled += 1;
      }
    };
    try {
      const [first, second] = [createMatrixKernels(), createMatrixKernels()];
      createMatrixKernels();
      expect(compiled).toBeLessThanOrEqual(1);
      new Float32Array(first.memory.buffer).fill(1, 0, 4);
      first.functions.widenRows(0, 64, 128, 1, 4);
      const view = (kernels: typeof first) => [...new Float64Array(kernels.memory.buffer, 64, 2)];
      expect([view(first), view(second)]).toEqual([
        [1, 1],
        [0, 0],
      ]);
    } finally {
      WebAssembly.Module = Module;
    }
  });
});
