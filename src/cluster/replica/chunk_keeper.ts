import { CHUNK_SIZE } from "../memory/replica_memory.ts";
import { ReplicaWord, replicaWord } from "../protocol/control_block.ts";

/** Elements [start, end) of the flat vectors. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

/**
 * What makes an update repeatable: before a replica changes a chunk, the chunk is kept as it is, and a word of the
 * control block tells how far the replica has come. When it is lost, the chunk in progress is put back, and whoever
 * goes on from there updates nothing twice.
 */
export class ChunkKeeper {
  readonly #control: Int32Array;
  readonly #word: number;
  readonly #kept: Float32Array;

  /** @param kept Room for one chunk of each vector that an update changes, in shared memory. */
  constructor(control: Int32Array, replica: number, kept: Float32Array) {
    this.#control = control;
    this.#word = replicaWord(replica, ReplicaWord.progress);
    this.#kept = kept;
  }

  /** Notes that the replica begins with its `index`-th chunk, which changes these vectors. */
  begin(index: number, vectors: readonly Float32Array[], { start, end }: Chunk): void {
    for (const [i, vector] of vectors.entries()) this.#kept.set(vector.subarray(start, end), i * CHUNK_SIZE);
    Atomics.store(this.#control, this.#word, 2 * index + 1);
  }

  /** Notes that the chunk is done. */
  end(index: number): void {
    Atomics.store(this.#control, this.#word, 2 * index + 2);
  }

  /** How many chunks are done. */
  get chunksDone(): number {
    return Atomics.load(this.#control, this.#word) >> 1;
  }

  /** Puts a chunk back that was in progress; `vectors` are those that `begin` got. */
  putBack(vectors: readonly Float32Array[], { start, end }: Chunk): void {
    if ((Atomics.load(this.#control, this.#word) & 1) === 0) return;
    for (const [i, vector] of vectors.entries()) {
      vector.set(this.#kept.subarray(i * CHUNK_SIZE, i * CHUNK_SIZE + end - start), start);
    }
  }
}
