import { cannot } from "../core/errors.ts";
import { createSharedFloat32 } from "../core/shared_memory.ts";
import type { ReplicaGroup } from "./replica_group.ts";
import type { MemorySizes } from "./replica_memory.ts";

/**
 * Gradient slots [P] beside those of training, one a logical shard: for side computations, and there from the first.
 */
export class ScratchSlots {
  readonly #group: ReplicaGroup;
  #slots: Float32Array<SharedArrayBuffer>[] = [];

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** Allocates them, unless they are there, and has the replicas know them. */
  async allocate({ parameters, shards }: Pick<MemorySizes, "parameters" | "shards">): Promise<void> {
    if (this.#slots.length > 0) return;
    this.#slots = Array.from({ length: shards }, () => createSharedFloat32(parameters));
    await this.#group.tell((replica) => replica.attachScratchSlots(this.#slots));
  }

  /**
   * The slot of a shard; that of shard 0 holds the reduced gradient after a reduction. Borrowed until the next command.
   * @throws {Error} If there is none.
   */
  at(shard: number): Float32Array<SharedArrayBuffer> {
    return requireSlot(this.#slots, shard);
  }

  /** Lets go of them: the model has another length. */
  forget(): void {
    this.#slots = [];
  }
}

/** @throws {Error} If there is no slot for the shard. */
export function requireSlot(
  slots: readonly Float32Array<SharedArrayBuffer>[],
  shard: number,
): Float32Array<SharedArrayBuffer> {
  const slot = slots[shard];
  if (!slot) throw new Error(cannot("read a gradient", "one that was computed", "none"));
  return slot;
}
