import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { listOf, recordOf, wholeNumber } from "../../../core/options/value_rules.ts";
import { count, declareState, mapById, record, type ValueOf } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { predictClasses } from "../predictions.ts";

/** Classes to report even before a sample of them was met, by task label. */
export type TrackedClasses = Readonly<Record<number, readonly number[]>>;

/** The rule of an option that names classes by task label. */
export const TRACKED_CLASSES_RULE = recordOf(listOf(wholeNumber()));

/** Accuracy by task label and class id. */
export type AccuracyByClass = ReadonlyMap<number, ReadonlyMap<number, number>>;

const CLASS_COUNT = record({ correct: count(), total: count() });
type ClassCount = ValueOf<typeof CLASS_COUNT>;

/**
 * Accuracy of each class, the samples of each task label apart; tasks and classes ascend. A class without samples is
 * not in the result, unless it is tracked: then it is 0.
 */
export class ClassAccuracy implements Metric<AccuracyByClass> {
  readonly #tracked: TrackedClasses | undefined;
  readonly #state = declareState("class accuracies", { counts: mapById(mapById(CLASS_COUNT)) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @param tracked Only these are counted. Default: every class that is met. */
  constructor(tracked?: TrackedClasses) {
    this.#tracked = tracked;
    this.reset();
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` and task labels `taskLabels` [B]. All are borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array): void {
    if (taskLabels.length !== y.length) {
      throw new RangeRefusal(needs("the accuracy by class", `${y.length} task labels`, taskLabels.length));
    }
    const predicted = predictClasses(logits, y);
    for (let i = 0; i < y.length; i++) {
      const label = elementAt(y, i);
      const count = this.#countOf(elementAt(taskLabels, i), label);
      if (!count) continue;
      count.total += 1;
      if (predicted[i] === label) count.correct += 1;
    }
  }

  result(): AccuracyByClass {
    return mapAscending(this.#state.counts, (classes) =>
      mapAscending(classes, ({ correct, total }) => (total === 0 ? 0 : correct / total)),
    );
  }

  reset(): void {
    this.#state.counts.clear();
    for (const [task, classes] of Object.entries(this.#tracked ?? {})) {
      this.#state.counts.set(Number(task), new Map(classes.map((label) => [label, { correct: 0, total: 0 }])));
    }
  }

  #countOf(task: number, label: number): ClassCount | undefined {
    const { counts } = this.#state;
    if (this.#tracked) return counts.get(task)?.get(label);
    const classes = findOrCreate(counts, task, () => new Map<number, ClassCount>());
    return findOrCreate(classes, label, () => CLASS_COUNT.create());
  }
}

/** Maps the values, keys in ascending order. */
function mapAscending<From, To>(
  entries: ReadonlyMap<number, From>,
  change: (value: From) => To,
): ReadonlyMap<number, To> {
  const ascending = [...entries].sort(([a], [b]) => a - b);
  return new Map(ascending.map(([key, value]) => [key, change(value)]));
}
