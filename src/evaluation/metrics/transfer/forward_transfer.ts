import { declareState, mapById, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/**
 * How much better than an untrained model a learner is at an experience before it is trained on it: the value after the
 * experience before, minus the value before any training, by key (the number of the experience).
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class ForwardTransfer implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("forward transfer", { initial: mapById(number()), previous: mapById(number()) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Takes `value` as what `key` was worth before any training; a later call changes nothing. */
  updateInitial(key: number, value: number): void {
    if (!this.#state.initial.has(key)) this.#state.initial.set(key, value);
  }

  /** Takes `value` as what `key` is worth after the experience before it; a later call replaces it. */
  updatePrevious(key: number, value: number): void {
    this.#state.previous.set(key, value);
  }

  /** The transfer to one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    const initial = this.#state.initial.get(key);
    const previous = this.#state.previous.get(key);
    return initial === undefined || previous === undefined ? undefined : previous - initial;
  }

  /** The transfer to every key that has both values. */
  result(): ReadonlyMap<number, number> {
    const results = new Map<number, number>();
    for (const key of this.#state.previous.keys()) {
      const transfer = this.resultOf(key);
      if (transfer !== undefined) results.set(key, transfer);
    }
    return results;
  }
}
