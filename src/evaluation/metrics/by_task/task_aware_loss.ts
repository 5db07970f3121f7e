import { groupPositions } from "../../../data/group_positions.ts";
import { Loss } from "../loss/loss.ts";
import type { Metric } from "../metric.ts";
import { type ByTask, TaskMeasures } from "./task_measures.ts";

/** The mean loss of a sample for each task label: minibatch losses weighted by their lengths. */
export class TaskAwareLoss implements Metric<ByTask> {
  readonly #tasks = new TaskMeasures("losses by task", () => new Loss());
  readonly save = this.#tasks.save;
  readonly restore = this.#tasks.restore;

  /**
   * Adds the mean loss of a minibatch of `batchLength` samples. Where their task labels [B] differ, the mean counts for
   * each of them by its samples.
   */
  update(loss: number, batchLength: number, taskLabels: Int32Array | number): void {
    if (typeof taskLabels === "number") {
      this.#tasks.at(taskLabels).update(loss, batchLength);
      return;
    }
    for (const [taskLabel, rows] of groupPositions(taskLabels)) this.#tasks.at(taskLabel).update(loss, rows.length);
  }

  result(): ByTask {
    return this.#tasks.result();
  }

  /** The mean loss of one task label; 0 where it was not met. */
  resultOf(taskLabel: number): number {
    return this.#tasks.resultOf(taskLabel);
  }

  /** Forgets all task labels, or what was added of one. */
  reset(taskLabel?: number): void {
    this.#tasks.reset(taskLabel);
  }
}
