import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Metric } from "../metric.ts";
import { parseRows } from "../saved_state.ts";

/** Pairs of a class id and how many samples of it there were, by ascending class. */
export type LabelCounts = readonly (readonly [number, number])[];

/** How many samples of each class were met, the samples of each task label apart. */
export class LabelsRepartition implements Metric<ReadonlyMap<number, LabelCounts>> {
  readonly #counts = new Map<number, Map<number, number>>();

  /**
   * Counts a minibatch: class ids `y` and task labels [B], both borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(y: Int32Array, taskLabels: Int32Array): void {
    if (taskLabels.length !== y.length) {
      throw new RangeRefusal(needs("the count of labels", `${y.length} task labels`, taskLabels.length));
    }
    for (let i = 0; i < y.length; i++) this.#add(elementAt(taskLabels, i), elementAt(y, i), 1);
  }

  /** By task label, ascending. */
  result(): ReadonlyMap<number, LabelCounts> {
    const tasks = [...this.#counts].sort(([a], [b]) => a - b);
    return new Map(tasks.map(([task, counts]) => [task, [...counts].sort(([a], [b]) => a - b)]));
  }

  reset(): void {
    this.#counts.clear();
  }

  save(): unknown {
    return [...this.#counts].flatMap(([task, counts]) => [...counts].map(([label, count]) => [task, label, count]));
  }

  restore(state: unknown): void {
    const rows = parseRows("the saved state of counts of labels", state);
    this.reset();
    for (const [task = 0, label = 0, count = 0] of rows) this.#add(task, label, count);
  }

  #add(task: number, label: number, count: number): void {
    let counts = this.#counts.get(task);
    if (!counts) {
      counts = new Map();
      this.#counts.set(task, counts);
    }
    counts.set(label, (counts.get(label) ?? 0) + count);
  }
}
