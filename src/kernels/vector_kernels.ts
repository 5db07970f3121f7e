import { elementAt } from "../core/element_at.ts";
import { type KernelFunctions, loadKernelFunctions } from "./kernel_functions.ts";
import { createSharedVectors } from "./vector_memory.ts";

/** Elements that are copied at a time where a vector lies elsewhere: a few vectors of it stay in the cache. */
export const PIECE_SIZE = 16_384;
/** Vectors in one computation at most. */
export const MAX_VECTORS = 6;
/** Elements that the kernels compute at a time. */
const LANES = 4;

/** Where vectors lie that are computed on without a copy, and room for pieces of others: this thread's alone. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** MAX_VECTORS vectors of PIECE_SIZE in that memory. */
  readonly pieces: readonly Float32Array[];
}

/** The vectors of one computation, [start, end) of each. */
export interface KernelVectors {
  readonly written: readonly Float32Array[];
  /** Only read. */
  readonly read?: readonly Float32Array[];
}

/** What is computed on `count` elements; `addresses` are those of the written vectors, then of those only read. */
export type KernelWork<Result> = (functions: KernelFunctions, addresses: readonly number[], count: number) => Result;

/** Elements `start` to `end` (not included). */
export interface KernelSlice {
  readonly start: number;
  readonly end: number;
}

/**
 * Runs kernels on any vectors: on those in the kernels' memory where they are, on others piece by piece in copies, with
 * the same bits. Belongs to one thread.
 */
export class VectorKernels {
  readonly #buffer: ArrayBufferLike;
  readonly #pieces: readonly Float32Array[];
  readonly #functions: KernelFunctions;

  /** @param own Default: a memory with nothing but pieces, into which all vectors are copied. */
  constructor(own: KernelMemory = createKernelMemory()) {
    this.#buffer = own.memory.buffer;
    this.#pieces = own.pieces;
    this.#functions = loadKernelFunctions(own.memory);
  }

  /** Computes on a slice of the vectors. */
  compute(vectors: KernelVectors, slice: KernelSlice, work: KernelWork<void>): void {
    this.sum(vectors, slice, (functions, addresses, count) => {
      work(functions, addresses, count);
      return 0;
    });
  }

  /** Computes on a slice of the vectors and returns the sum of the work's results, one a piece. */
  sum({ written, read = [] }: KernelVectors, slice: KernelSlice, work: KernelWork<number>): number {
    const vectors = [...written, ...read];
    const areNear = vectors.map((vector) => this.#isNear(vector, slice));
    if (!areNear.includes(false)) {
      const offset = slice.start * Float32Array.BYTES_PER_ELEMENT;
      const addresses = vectors.map(({ byteOffset }) => byteOffset + offset);
      return slice.start < slice.end ? work(this.#functions, addresses, slice.end - slice.start) : 0;
    }
    let sum = 0;
    for (let { start } = slice; start < slice.end; start += PIECE_SIZE) {
      const end = Math.min(start + PIECE_SIZE, slice.end);
      const addresses = vectors.map((vector, i) =>
        areNear[i]
          ? vector.byteOffset + start * Float32Array.BYTES_PER_ELEMENT
          : this.#bring(vector, i, { start, end }),
      );
      sum += work(this.#functions, addresses, end - start);
      for (const [i, vector] of written.entries()) {
        if (!areNear[i]) vector.set(elementAt(this.#pieces, i).subarray(0, end - start), start);
      }
    }
    return sum;
  }

  /** Whole lanes, or the end of the vector, behind which nothing stands in the same lanes. */
  #isNear({ buffer, length }: Float32Array, { start, end }: KernelSlice): boolean {
    return buffer === this.#buffer && start % LANES === 0 && (end % LANES === 0 || end === length);
  }

  #bring(vector: Float32Array, place: number, { start, end }: KernelSlice): number {
    const piece = this.#pieces[place];
    if (!piece) throw new RangeError(`Cannot compute on ${place + 1} vectors: there is room for ${MAX_VECTORS}`);
    piece.set(vector.subarray(start, end));
    return piece.byteOffset;
  }
}

/** @throws {RangeError} If the runtime has no room for a small WebAssembly memory. */
function createKernelMemory(): KernelMemory {
  const { memory, vectors } = createSharedVectors(new Array<number>(MAX_VECTORS).fill(PIECE_SIZE));
  if (!memory) throw new RangeError("Cannot compute on vectors: the runtime has no room for WebAssembly memory");
  return { memory, pieces: vectors };
}
