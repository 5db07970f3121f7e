import type { HostTensor } from "../../../core/host_tensor.ts";
import { declareState, list, made, mapById, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { ClassAccuracy, type TrackedClasses } from "./class_accuracy.ts";

/**
 * AMCA: the mean over evaluations of the mean over classes of their accuracy, by task label. Every class weighs the
 * same, however many samples it has. An evaluation in which a task had no sample does not count for it.
 */
export class AverageMeanClassAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #state;
  readonly save = () => this.#state.save();
  readonly restore = (saved: unknown) => this.#state.restore(saved);
  readonly reset = () => this.#state.reset();

  /** @param tracked Only these classes are counted, from the start. Default: every class that is met. */
  constructor(tracked?: TrackedClasses) {
    this.#state = declareState("an average mean class accuracy", {
      current: made(() => new ClassAccuracy(tracked)),
      /** Mean class accuracies of the evaluations before this one. */
      finished: mapById(list(number())),
    });
  }

  /**
   * Counts a minibatch of the current evaluation: `logits` [B, C], class ids `y` and task labels [B], all borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array): void {
    this.#state.current.update(logits, y, taskLabels);
  }

  /** Keeps what the current evaluation came to and starts a new one. */
  finishEvaluation(): void {
    for (const [task, accuracy] of this.#listCurrent()) {
      this.#state.finished.set(task, [...(this.#state.finished.get(task) ?? []), accuracy]);
    }
    this.#state.current.reset();
  }

  /** By task label, the current evaluation included. */
  result(): ReadonlyMap<number, number> {
    const current = new Map(this.#listCurrent());
    const tasks = [...new Set([...this.#state.finished.keys(), ...current.keys()])].sort((a, b) => a - b);
    return new Map(
      tasks.map((task) => {
        const now = current.get(task);
        return [task, average([...(this.#state.finished.get(task) ?? []), ...(now === undefined ? [] : [now])])];
      }),
    );
  }

  #listCurrent(): [number, number][] {
    return [...this.#state.current.result()].map(([task, classes]) => [task, average([...classes.values()])]);
  }
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
