import { type KernelFunctions, loadKernelFunctions } from "./kernel_functions.ts";
import { createSharedVectors } from "./vector_memory.ts";

/** Elements that are copied at a time where vectors lie elsewhere: a few vectors of it stay in the cache. */
const PIECE_SIZE = 16_384;
const MAX_VECTORS = 6;
/** Elements that the kernels compute at a time. */
const LANES = 4;

/** The vectors of one computation, [start, end) of each. */
export interface KernelVectors {
  readonly written: readonly Float32Array[];
  /** Only read. */
  readonly read?: readonly Float32Array[];
}

/** What is computed on `count` elements; `addresses` are those of the written vectors, then of those only read. */
export type KernelWork = (functions: KernelFunctions, addresses: readonly number[], count: number) => void;

/**
 * Runs kernels on any vectors: where they lie in the kernels' memory, straight there; where one lies elsewhere, piece by piece
 * in a memory of its own, with the same bits. Belongs to one thread.
 */
export class VectorKernels {
  readonly #buffer: ArrayBufferLike | undefined;
  readonly #functions: KernelFunctions | undefined;
  #elsewhere: { readonly functions: KernelFunctions; readonly pieces: readonly Float32Array[] } | undefined;

  /** @param memory Where the vectors lie that are to be computed on without a copy. */
  constructor(memory?: WebAssembly.Memory) {
    this.#buffer = memory?.buffer;
    this.#functions = memory && loadKernelFunctions(memory);
  }

  /** Computes on elements `start` to `end` (not included). */
  compute({ written, read = [] }: KernelVectors, slice: { start: number; end: number }, work: KernelWork): void {
    const vectors = [...written, ...read];
    const { start, end } = slice;
    // Whole lanes, or the end of the vectors, behind which nothing stands in the same lanes.
    const isReachable = (vector: Float32Array) =>
      vector.buffer === this.#buffer && start % LANES === 0 && (end % LANES === 0 || end === vector.length);
    if (this.#functions && vectors.every(isReachable)) {
      const addresses = vectors.map(({ byteOffset }) => byteOffset + start * Float32Array.BYTES_PER_ELEMENT);
      work(this.#functions, addresses, end - start);
    } else this.#computeElsewhere(vectors, written.length, slice, work);
  }

  #computeElsewhere(
    vectors: readonly Float32Array[],
    writtenCount: number,
    slice: { start: number; end: number },
    work: KernelWork,
  ): void {
    this.#elsewhere ??= createPieces();
    const { functions, pieces } = this.#elsewhere;
    const addresses = vectors.map((_, i) => pieces[i]?.byteOffset ?? 0);
    for (let { start } = slice; start < slice.end; start += PIECE_SIZE) {
      const end = Math.min(start + PIECE_SIZE, slice.end);
      for (const [i, vector] of vectors.entries()) pieces[i]?.set(vector.subarray(start, end));
      work(functions, addresses, end - start);
      for (const [i, vector] of vectors.entries()) {
        const piece = pieces[i];
        if (piece && i < writtenCount) vector.set(piece.subarray(0, end - start), start);
      }
    }
  }
}

function createPieces() {
  const { memory, vectors } = createSharedVectors(new Array<number>(MAX_VECTORS).fill(PIECE_SIZE));
  if (!memory) throw new RangeError("Cannot compute on vectors: the runtime has no room for WebAssembly memory");
  return { functions: loadKernelFunctions(memory), pieces: vectors };
}
