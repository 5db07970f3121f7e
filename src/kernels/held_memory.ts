import { HELD_KERNELS_WASM } from "./held_kernels_wasm.ts";
import { loadKernels } from "./load_kernels.ts";

/** The compiled arithmetic of `assembly/held_kernels.ts`, on addresses in its memory. */
export interface HeldFunctions {
  addProducts(a: number, b: number, products: number, m: number, n: number, pieces: number, stride: number): void;
  addSquares(a: number, squares: number, m: number, pieces: number, stride: number): void;
  /** @returns The bits of the largest |value|. */
  scatterRow(values: number, row: number, pieces: number, step: number, factor: number, least: number): number;
  multiplyRows(a: number, b: number, pieces: number, step: number): number;
  addGram(rows: number, sums: number, n: number, pieces: number): void;
  addRows(rows: number, factors: number, target: number, scratch: number, n: number, pieces: number): void;
}

/** The functions and the memory that they compute in, which is this thread's own. */
export interface HeldKernels {
  readonly memory: WebAssembly.Memory;
  readonly functions: HeldFunctions;
}

/** Kernels over a memory of their own, in which vectors stay. */
export function createHeldKernels(): HeldKernels {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { memory, functions: loadKernels(HELD_KERNELS_WASM, memory) };
}
