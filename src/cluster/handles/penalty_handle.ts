import { RangeRefusal } from "../../core/errors/errors.ts";
import { type LayoutChange, remapVector } from "../../core/remap_vector.ts";
import { currentArena } from "../../core/shared/current_arena.ts";
import { copyToSharedFloat32, createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { Hyper, MAX_PENALTIES, type ReplicaMemory } from "../memory/replica_memory.ts";
import { mayHaveChanged, type QuadraticPenalty, readPenalty } from "../penalty.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { noteHostChange } from "../resident/resident_group.ts";

/** The quadratic penalties that are merged into the reduction of each training step. */
export class PenaltyHandle {
  readonly #group: ReplicaGroup;
  #memory: ReplicaMemory;
  #penalties: QuadraticPenalty[] = [];
  #isPublished = true;

  constructor(group: ReplicaGroup, memory: ReplicaMemory) {
    this.#group = group;
    this.#memory = memory;
  }

  get count(): number {
    return this.#penalties.length;
  }

  /** The active penalties in the order in which they were added. */
  get active(): readonly QuadraticPenalty[] {
    return this.#penalties;
  }

  /**
   * Adds a penalty; it holds until it is removed.
   * @throws {RangeError} If its vectors do not fit the model or there are too many.
   */
  add(penalty: QuadraticPenalty): void {
    const { parameters } = this.#memory.sizes;
    const { a, b } = readPenalty(penalty);
    if (a.length !== parameters || b.length !== parameters) {
      throw new RangeRefusal(`the vectors of a penalty must have ${parameters} values, got ${a.length}`);
    }
    if (this.#penalties.length === MAX_PENALTIES) {
      throw new RangeRefusal(`at most ${MAX_PENALTIES} penalties can be active at once`);
    }
    if (this.#penalties.includes(penalty)) return;
    // Made before the replicas were, where they cannot reach it.
    if (!currentArena().reaches(penalty.a)) penalty.a = copyToSharedFloat32(penalty.a);
    if (!currentArena().reaches(penalty.b)) penalty.b = copyToSharedFloat32(penalty.b);
    this.#penalties = [...this.#penalties, penalty];
    this.#isPublished = false;
  }

  remove(penalty: QuadraticPenalty): void {
    this.#penalties = this.#penalties.filter((other) => other !== penalty);
    this.#isPublished = false;
  }

  /** Goes over to the memory of a model that has grown: the penalties get longer vectors, zero where nothing was. */
  move(memory: ReplicaMemory, change: LayoutChange): void {
    this.#memory = memory;
    for (const penalty of this.#penalties) {
      const { a, b } = readPenalty(penalty);
      penalty.a = moveToShared(a, change);
      penalty.b = moveToShared(b, change);
    }
    this.#isPublished = false;
  }

  /** Sends the replicas what has changed. */
  async publish(): Promise<void> {
    for (const [i, penalty] of this.#penalties.entries()) {
      this.#memory.hyper[Hyper.firstPenaltyScale + i] = penalty.scale;
      if (mayHaveChanged(penalty)) noteHostChange(this.#memory.control, "penalties");
    }
    if (this.#isPublished) return;
    await this.#group.send({ kind: "setPenalties", penalties: this.#penalties.map(readPenalty) });
    this.#isPublished = true;
  }

  /**
   * The penalties' value at the parameters before the last step: partial sums in order, so it never depends on who
   * added.
   */
  sumLastStep(): number {
    let sum = 0;
    for (const partial of this.#memory.penaltySums) sum += partial;
    for (const penalty of this.#penalties) sum += penalty.scale * penalty.c;
    return sum;
  }
}

function moveToShared(vector: Float32Array, change: LayoutChange): Float32Array<SharedArrayBuffer> {
  const into = createSharedFloat32(change.to.size);
  remapVector(vector, { ...change, into });
  return into;
}
