import { elementAt } from "../../core/element_at.ts";
import { createSharedInt32 } from "../../core/shared/shared_memory.ts";
import { listTaskParts, type TaskPart } from "../../optimizers/task_parts.ts";
import type { ClusterModelForm } from "../cluster_model.ts";

/** Coordinator-side handle to which heads of tasks the next step is for, and how many steps each of them has made. */
export class TaskSteps {
  #parts: readonly TaskPart[] = [];
  #counts: number[] = [];
  #next: Int32Array<SharedArrayBuffer> = createSharedInt32(0);
  #labels = new Set<number>();

  get parts(): readonly TaskPart[] {
    return this.#parts;
  }

  /** What replicas read: the number of each part's next step, from 1; 0 where it is to be left alone. */
  get next(): Int32Array<SharedArrayBuffer> {
    return this.#next;
  }

  /** Goes over to a model; parts that it has, too, keep their counts. */
  follow({ layout, taskHeads = [] }: ClusterModelForm): void {
    const saved = this.save();
    this.#parts = listTaskParts(taskHeads, layout);
    this.restore(saved);
    this.#next = createSharedInt32(this.#parts.length);
  }

  /** Notes the task labels of a training minibatch, [B]. */
  note(labels: () => Int32Array): void {
    if (this.#parts.length > 0) this.#labels = new Set(labels());
  }

  /**
   * Publishes the next step: for the tasks of the minibatch, and for parts whose gradient is not zero, as plugins may
   * have changed it.
   * @param gradient [P]; undefined where nobody has seen it. "all" where every part has a gradient, as with penalties.
   */
  publish(gradient: Float32Array | "all" | undefined): void {
    for (const [i, { task, ranges }] of this.#parts.entries()) {
      const isStepped = gradient === "all" || this.#labels.has(task) || (gradient && !isZero(gradient, ranges));
      this.#next[i] = isStepped ? elementAt(this.#counts, i) + 1 : 0;
    }
  }

  /** The step was made. */
  advance(): void {
    for (const [i, next] of this.#next.entries()) if (next > 0) this.#counts[i] = next;
  }

  /** The optimizer begins anew. */
  reset(): void {
    this.#counts.fill(0);
  }

  /** Steps of each part, by `layer/task`. The caller owns the result. */
  save(): Map<string, number> {
    return new Map(this.#parts.map((part, i) => [nameOf(part), elementAt(this.#counts, i)]));
  }

  /** @param saved Parts that it lacks have made no step; or a count for all. */
  restore(saved: ReadonlyMap<string, number> | number): void {
    this.#counts = this.#parts.map((part) => (typeof saved === "number" ? saved : (saved.get(nameOf(part)) ?? 0)));
  }
}

function nameOf({ layer, task }: TaskPart): string {
  return `${layer}/${task}`;
}

function isZero(gradient: Float32Array, ranges: TaskPart["ranges"]): boolean {
  return ranges.every(({ start, end }) => gradient.subarray(start, end).every((value) => value === 0));
}
