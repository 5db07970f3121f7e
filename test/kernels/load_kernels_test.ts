import { describe, expect, test } from "bun:test";
import { createHeldKernels } from "../../src/kernels/held_memory.ts";

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
      const [first, second] = [createHeldKernels(), createHeldKernels()];
      createHeldKernels();
      expect(compiled).toBeLessThanOrEqual(1);
      new Float32Array(first.memory.buffer).fill(1, 0, 4);
      first.functions.addSquares(0, 8192, 1, 1, 4096);
      const view = (kernels: typeof first) => [...new Float64Array(kernels.memory.buffer, 8192, 1)];
      expect([view(first), view(second)]).toEqual([[4], [0]]);
    } finally {
      WebAssembly.Module = Module;
    }
  });
});
