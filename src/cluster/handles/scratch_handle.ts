import { RefusalError } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { MemorySizes } from "../memory/replica_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Gradient slots [P] for side computations, one a logical shard. They are allocated by the first such computation. */
export class ScratchHandle {
  readonly #group: ReplicaGroup;
  #slots: Float32Array<SharedArrayBuffer>[] = [];

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** Allocates the slots, unless they exist, and sends them to the replicas. */
  async allocate({ parameters, shards }: Pick<MemorySizes, "parameters" | "shards">): Promise<void> {
    if (this.#slots.length > 0) return;
    this.#slots = Array.from({ length: shards }, () => createSharedFloat32(parameters));
    await this.#group.send({ kind: "setScratchSlots", slots: this.#slots });
  }

  /**
   * The slot of a shard; that of shard 0 holds the reduced gradient after a reduction. Borrowed until the next command.
   * @throws {Error} If there is none.
   */
  at(shard: number): Float32Array<SharedArrayBuffer> {
    return requireSlot(this.#slots, shard);
  }

  /** Releases the slots: the model has another length. */
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
  if (!slot) throw new RefusalError("no gradient was computed yet");
  return slot;
}
