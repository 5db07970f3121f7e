import { RangeRefusal } from "../../core/errors/errors.ts";
import { currentArena } from "../../core/shared/current_arena.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Parameter vectors beside the model's own (teachers, look-ahead weights), by the numbers that replicas know. */
export class VectorHandle {
  readonly #group: ReplicaGroup;
  readonly #length: number;
  readonly #ids = new Map<Float32Array, number>();
  #copy: Float32Array<SharedArrayBuffer> | undefined;

  constructor(group: ReplicaGroup, length: number) {
    this.#group = group;
    this.#length = length;
  }

  /**
   * The number of `vector` [P]. One that the replicas can reach is attached once and read in place from then on; any
   * other is copied at each call.
   * @throws {RangeError} If it has another length than the model's parameters.
   */
  async place(vector: Float32Array): Promise<number> {
    if (vector.length !== this.#length) {
      throw new RangeRefusal(`parameters must have ${this.#length} values, got ${vector.length}`);
    }
    if (isReachable(vector)) return this.#attach(vector);
    this.#copy ??= createSharedFloat32(this.#length);
    this.#copy.set(vector);
    return this.#attach(this.#copy);
  }

  async #attach(vector: Float32Array<SharedArrayBuffer>): Promise<number> {
    const known = this.#ids.get(vector);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    await this.#group.send({ kind: "setVector", id, vector });
    this.#ids.set(vector, id);
    return id;
  }
}

function isReachable(vector: Float32Array): vector is Float32Array<SharedArrayBuffer> {
  return currentArena().reaches(vector);
}
