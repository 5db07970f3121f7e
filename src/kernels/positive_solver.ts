import { needs } from "../core/errors/errors.ts";
import { CHOLESKY_KERNELS_WASM } from "./cholesky_kernels_wasm.ts";
import { loadKernels } from "./load_kernels.ts";
import { growMemory } from "./matrix_memory.ts";

/** The compiled arithmetic of `assembly/cholesky_kernels.ts`, on addresses in its memory. */
interface CholeskyFunctions {
  factor(matrix: number, n: number, room: number): number;
  solve(lower: number, b: number, n: number, m: number): void;
}

const BYTES = Float64Array.BYTES_PER_ELEMENT;
/** What orders are a multiple of in the kernels. */
const BLOCK = 8;
/** Columns that the kernels copy aside at a time. */
const PANEL = 128;

/** The functions, and the memory that they compute in. */
interface CholeskyKernels {
  readonly memory: WebAssembly.Memory;
  readonly functions: CholeskyFunctions;
}

/** A small memory that a disposed solver leaves for the next one: making one takes longer than small systems do. */
let spare: CholeskyKernels | undefined;
const SPARE_BYTES = 64 * 2 ** 20;

function takeKernels(): CholeskyKernels {
  const kernels = spare ?? createKernels();
  spare = undefined;
  return kernels;
}

function createKernels(): CholeskyKernels {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { memory, functions: loadKernels(CHOLESKY_KERNELS_WASM, memory) };
}

/**
 * Systems of n equations with one symmetric positive definite matrix after another, in double precision, by Cholesky's
 * factorization: n³ / 3 operations. It holds one matrix, in a memory of its own until it is disposed.
 */
export class PositiveSolver implements Disposable {
  readonly #n: number;
  /** n, rounded up: behind the matrix stands the identity. */
  readonly #order: number;
  readonly #kernels = takeKernels();

  /** @param n The number of equations. */
  constructor(n: number) {
    this.#n = n;
    this.#order = Math.ceil(n / BLOCK) * BLOCK;
    this.#reserve(PANEL * this.#order);
  }

  /**
   * Takes A + shift · I for its matrix: LLᵀ.
   * @param matrix A, [n, n], row-major; only its lower triangle is read.
   * @throws {RangeError} If the sum is not positive definite; there is no matrix then.
   */
  factor(matrix: Float64Array, shift = 0): void {
    const [n, order] = [this.#n, this.#order];
    const lower = this.#view(0, order * order);
    for (let i = 0; i < n; i++) {
      lower.set(matrix.subarray(i * n, i * n + i + 1), i * order);
      lower[i * order + i] = (matrix[i * n + i] ?? 0) + shift;
    }
    for (let i = n; i < order; i++) {
      lower.fill(0, i * order, i * order + i);
      lower[i * order + i] = 1;
    }
    const pivot = this.#kernels.functions.factor(0, order, order * order * BYTES);
    if (pivot === order) return;
    const value = lower[pivot * order + pivot];
    throw new RangeError(needs("the Cholesky factorization", `a positive pivot ${pivot}`, value));
  }

  /** L, [n, n], row-major, with zeros above the diagonal. The caller owns the result. */
  copyLower(): Float64Array<ArrayBuffer> {
    const [n, order] = [this.#n, this.#order];
    const lower = this.#view(0, order * order);
    const copy = new Float64Array(n * n);
    for (let i = 0; i < n; i++) copy.set(lower.subarray(i * order, i * order + i + 1), i * n);
    return copy;
  }

  /** The x [n] with (A + shift · I) x = b, for each b [n]. The caller owns the results. */
  solve(columns: readonly Float64Array[]): Float64Array[] {
    const [n, order] = [this.#n, this.#order];
    const rows = columns.length + (columns.length % 2);
    const address = this.#reserve(rows * order);
    const b = this.#view(address, rows * order).fill(0);
    for (const [row, column] of columns.entries()) b.set(column, row * order);
    this.#kernels.functions.solve(0, address, order, rows);
    return columns.map((_, row) => b.slice(row * order, row * order + n));
  }

  /** It is of no use any more then. */
  [Symbol.dispose](): void {
    if (this.#kernels.memory.buffer.byteLength <= SPARE_BYTES) spare = this.#kernels;
  }

  /** Room for so many values behind the matrix. @returns Its address. */
  #reserve(count: number): number {
    const start = this.#order * this.#order * BYTES;
    growMemory(this.#kernels.memory, start + count * BYTES);
    return start;
  }

  /** It is of no use any more once the memory has grown. */
  #view(address: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#kernels.memory.buffer, address, length);
  }
}
