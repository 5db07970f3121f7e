import { loadKernels } from "./load_kernels.ts";
import { MATRIX_KERNELS_WASM } from "./matrix_kernels_wasm.ts";

/** The compiled arithmetic of `assembly/matrix_kernels.ts`, on addresses in its memory. */
export interface MatrixFunctions {
  multiplyByTransposed(a: number, b: number, product: number, m: number, n: number, k: number): void;
}

/** The functions and the memory that they compute in, which is this thread's own. */
export interface MatrixKernels {
  readonly memory: WebAssembly.Memory;
  readonly functions: MatrixFunctions;
}

const PAGE_BYTES = 65_536;

let loaded: MatrixKernels | undefined;

/** The kernels with room for so many bytes; the memory keeps its size. Views of it are of no use once it has grown. */
export function reserveMatrixMemory(bytes: number): MatrixKernels {
  loaded ??= createMatrixKernels();
  growMemory(loaded.memory, bytes);
  return loaded;
}

/** Makes a memory as large, or leaves it as it is. Views of it are of no use once it has grown. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}

function createMatrixKernels(): MatrixKernels {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { memory, functions: loadKernels(MATRIX_KERNELS_WASM, memory) };
}
