import { currentArena } from "../core/shared/current_arena.ts";
import { createSharedFloat32 } from "../core/shared/shared_memory.ts";

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;
/** Vectors begin on cache lines. */
const LINE_BYTES = 64;

/** Vectors that all threads share, and the WebAssembly memory that holds them. */
export interface SharedVectors {
  /** Undefined where they do not fit into one (4 GiB): then each has a buffer of its own. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly vectors: readonly Float32Array<SharedArrayBuffer>[];
}

/**
 * Zeroed vectors of these lengths in one WebAssembly memory, where the kernels reach them without a copy. The memory
 * goes as a whole, with the last reference to it.
 */
export function createSharedVectors(lengths: readonly number[]): SharedVectors {
  const starts: number[] = [];
  let bytes = 0;
  for (const length of lengths) {
    starts.push(bytes);
    bytes += Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES) * LINE_BYTES;
  }
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  const memory = pages > MAX_PAGES ? undefined : currentArena().memory(pages);
  const buffer = memory?.buffer;
  if (!(buffer instanceof SharedArrayBuffer)) return { memory: undefined, vectors: lengths.map(createSharedFloat32) };
  const vectors = lengths.map((length, i) => new Float32Array(buffer, starts[i], length));
  for (const vector of vectors) currentArena().hold(vector);
  return { memory, vectors };
}

/**
 * The same vector seen through `memory`, which came to this thread in one message with it: the kernels know vectors by
 * their buffer, and a message brings vectors another object for it than their memory's own.
 */
export function reattachVector(
  vector: Float32Array<SharedArrayBuffer>,
  memory: WebAssembly.Memory,
): Float32Array<SharedArrayBuffer> {
  const { buffer } = memory;
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError("Cannot reattach a vector: the memory is not shared");
  return new Float32Array(buffer, vector.byteOffset, vector.length);
}
