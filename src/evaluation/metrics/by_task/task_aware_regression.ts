import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { groupPositions } from "../../../data/group_positions.ts";
import { R2 } from "../loss/r_squared.ts";
import { RMSE } from "../loss/root_mean_squared_error.ts";
import type { Metric } from "../metric.ts";
import { type ByTask, TaskMeasures, takeRows } from "./task_measures.ts";

/** The root mean squared error for each task label. */
export class TaskAwareRMSE implements Metric<ByTask> {
  readonly #tasks = new TaskMeasures("errors by task", () => new RMSE());
  readonly save = this.#tasks.save;
  readonly restore = this.#tasks.restore;

  /**
   * Adds a minibatch: predictions and targets, both [B, D], and the task labels [B], or the one of all samples. All are
   * borrowed.
   * @throws {RangeError} If their shapes differ.
   */
  update(predicted: HostTensor, target: HostTensor, taskLabels: Int32Array | number): void {
    addByTask(this.#tasks, { predicted, target, taskLabels });
  }

  result(): ByTask {
    return this.#tasks.result();
  }

  /** The error of one task label; 0 where it was not met. */
  resultOf(taskLabel: number): number {
    return this.#tasks.resultOf(taskLabel);
  }

  /** Forgets all task labels, or what was added of one. */
  reset(taskLabel?: number): void {
    this.#tasks.reset(taskLabel);
  }
}

/** The coefficient of determination for each task label. */
export class TaskAwareR2 implements Metric<ByTask> {
  readonly #tasks = new TaskMeasures("coefficients by task", () => new R2());
  readonly save = this.#tasks.save;
  readonly restore = this.#tasks.restore;

  /**
   * Adds a minibatch, as `TaskAwareRMSE` does.
   * @throws {RangeError} If shapes differ.
   */
  update(predicted: HostTensor, target: HostTensor, taskLabels: Int32Array | number): void {
    addByTask(this.#tasks, { predicted, target, taskLabels });
  }

  result(): ByTask {
    return this.#tasks.result();
  }

  /** The coefficient of one task label; 0 where it was not met. */
  resultOf(taskLabel: number): number {
    return this.#tasks.resultOf(taskLabel);
  }

  /** Forgets all task labels, or what was added of one. */
  reset(taskLabel?: number): void {
    this.#tasks.reset(taskLabel);
  }
}

interface RegressionBatch {
  readonly predicted: HostTensor;
  readonly target: HostTensor;
  readonly taskLabels: Int32Array | number;
}

function addByTask(
  tasks: TaskMeasures<RMSE> | TaskMeasures<R2>,
  { predicted, target, taskLabels }: RegressionBatch,
): void {
  if (typeof taskLabels === "number") {
    tasks.at(taskLabels).update(predicted, target);
    return;
  }
  if (taskLabels.length !== predicted.shape[0] || taskLabels.length !== target.shape[0]) {
    throw new RangeRefusal(
      needs("a measure by task", `${predicted.shape[0]} task labels and targets`, taskLabels.length),
    );
  }
  for (const [taskLabel, rows] of groupPositions(taskLabels)) {
    tasks.at(taskLabel).update(takeRows(predicted, rows), takeRows(target, rows));
  }
}
