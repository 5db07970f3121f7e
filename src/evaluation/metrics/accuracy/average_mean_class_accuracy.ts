import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { parseRecord, parseRows } from "../saved_state.ts";
import { ClassAccuracy, type TrackedClasses } from "./class_accuracy.ts";

/**
 * AMCA: the mean over evaluations of the mean over classes of their accuracy, by task label. Every class weighs the
 * same, however many samples it has. An evaluation in which a task had no sample does not count for it.
 */
export class AverageMeanClassAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #current: ClassAccuracy;
  /** Mean class accuracies of the evaluations before this one. */
  readonly #finished = new Map<number, number[]>();

  /** @param tracked Only these classes are counted, from the start; every class that is met if left out. */
  constructor(tracked?: TrackedClasses) {
    this.#current = new ClassAccuracy(tracked);
  }

  /**
   * Counts a minibatch of the current evaluation: `logits` [B, C], class ids `y` and task labels [B], all borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array): void {
    this.#current.update(logits, y, taskLabels);
  }

  /** Keeps what the current evaluation came to and starts a new one. */
  finishEvaluation(): void {
    for (const [task, accuracy] of this.#listCurrent()) {
      this.#finished.set(task, [...(this.#finished.get(task) ?? []), accuracy]);
    }
    this.#current.reset();
  }

  /** By task label, the current evaluation included. */
  result(): ReadonlyMap<number, number> {
    const current = new Map(this.#listCurrent());
    const tasks = [...new Set([...this.#finished.keys(), ...current.keys()])].sort((a, b) => a - b);
    return new Map(
      tasks.map((task) => {
        const now = current.get(task);
        return [task, average([...(this.#finished.get(task) ?? []), ...(now === undefined ? [] : [now])])];
      }),
    );
  }

  reset(): void {
    this.#current.reset();
    this.#finished.clear();
  }

  save(): unknown {
    const finished = [...this.#finished].map(([task, accuracies]) => [task, ...accuracies]);
    return { current: this.#current.save(), finished };
  }

  restore(state: unknown): void {
    const act = "the saved state of an average mean class accuracy";
    const { current, finished } = parseRecord(act, state);
    const rows = parseRows(act, finished);
    this.#current.restore(current);
    this.#finished.clear();
    for (const [task = 0, ...accuracies] of rows) this.#finished.set(task, accuracies);
  }

  #listCurrent(): [number, number][] {
    return [...this.#current.result()].map(([task, classes]) => [task, average([...classes.values()])]);
  }
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
