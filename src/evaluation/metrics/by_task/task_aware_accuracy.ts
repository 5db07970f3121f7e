import type { HostTensor } from "../../../core/host_tensor.ts";
import { Accuracy } from "../accuracy/accuracy.ts";
import { TopKAccuracy } from "../accuracy/top_k_accuracy.ts";
import type { Metric } from "../metric.ts";
import { type ByTask, splitByTask, TaskMeasures } from "./task_measures.ts";

/** The accuracy for each task label. */
export class TaskAwareAccuracy implements Metric<ByTask> {
  readonly #tasks = new TaskMeasures("accuracies by task", () => new Accuracy());
  readonly save = this.#tasks.save;
  readonly restore = this.#tasks.restore;

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B], and the task labels [B], or the one of all samples. All are
   * borrowed.
   * @throws {RangeError} If their lengths differ.
   * @example
   * const metric = new TaskAwareAccuracy();
   * metric.update({ data: Float32Array.of(1, 0, 1, 0), shape: [2, 2] }, Int32Array.of(0, 1), Int32Array.of(3, 5));
   * metric.result(); // Map { 3 => 1, 5 => 0 }
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array | number): void {
    for (const rows of splitByTask(logits, y, taskLabels)) this.#tasks.at(rows.taskLabel).update(rows.logits, rows.y);
  }

  result(): ByTask {
    return this.#tasks.result();
  }

  /** The accuracy of one task label; 0 where it was not met. */
  resultOf(taskLabel: number): number {
    return this.#tasks.resultOf(taskLabel);
  }

  /** Forgets all task labels, or what was counted of one. */
  reset(taskLabel?: number): void {
    this.#tasks.reset(taskLabel);
  }
}

/** The share of samples whose class has one of the k largest logits, for each task label. */
export class TaskAwareTopKAccuracy implements Metric<ByTask> {
  readonly k: number;
  readonly #tasks;
  readonly save;
  readonly restore;

  /** @throws {RangeError} If k is not a whole number of at least 1. */
  constructor(k: number) {
    this.k = new TopKAccuracy(k).k;
    this.#tasks = new TaskMeasures("top-k accuracies by task", () => new TopKAccuracy(k));
    this.save = this.#tasks.save;
    this.restore = this.#tasks.restore;
  }

  /**
   * Counts a minibatch, as `TaskAwareAccuracy` does.
   * @throws {RangeError} If lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array | number): void {
    for (const rows of splitByTask(logits, y, taskLabels)) this.#tasks.at(rows.taskLabel).update(rows.logits, rows.y);
  }

  result(): ByTask {
    return this.#tasks.result();
  }

  /** The share of one task label; 0 where it was not met. */
  resultOf(taskLabel: number): number {
    return this.#tasks.resultOf(taskLabel);
  }

  /** Forgets all task labels, or what was counted of one. */
  reset(taskLabel?: number): void {
    this.#tasks.reset(taskLabel);
  }
}
