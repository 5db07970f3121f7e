import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import { count, declareState, mapById } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/** Pairs of a class id and how many samples of it there were, by ascending class. */
export type LabelCounts = readonly (readonly [number, number])[];

/** How many samples of each class were met, the samples of each task label apart. */
export class LabelsRepartition implements Metric<ReadonlyMap<number, LabelCounts>> {
  readonly #state = declareState("counts of labels", { counts: mapById(mapById(count())) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Counts a minibatch: class ids `y` and task labels [B], both borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(y: Int32Array, taskLabels: Int32Array): void {
    if (taskLabels.length !== y.length) {
      throw new RangeRefusal(needs("the count of labels", `${y.length} task labels`, taskLabels.length));
    }
    for (const [i, label] of y.entries()) {
      const counts = findOrCreate(this.#state.counts, elementAt(taskLabels, i), () => new Map<number, number>());
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }

  /** By task label, ascending. */
  result(): ReadonlyMap<number, LabelCounts> {
    const tasks = [...this.#state.counts].sort(([a], [b]) => a - b);
    return new Map(tasks.map(([task, counts]) => [task, [...counts].sort(([a], [b]) => a - b)]));
  }
}
