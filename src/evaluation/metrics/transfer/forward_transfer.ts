import type { Metric } from "../metric.ts";
import { parsePairs, parseRecord } from "../saved_state.ts";

/**
 * How much better than an untrained model a learner is at an experience before it is trained on it: the value after the
 * experience before, minus the value before any training, by key (the number of the experience).
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class ForwardTransfer implements Metric<ReadonlyMap<number, number>> {
  readonly #initial = new Map<number, number>();
  readonly #previous = new Map<number, number>();

  /** Takes `value` as what `key` was worth before any training; a later call changes nothing. */
  updateInitial(key: number, value: number): void {
    if (!this.#initial.has(key)) this.#initial.set(key, value);
  }

  /** Takes `value` as what `key` is worth after the experience before it; a later call replaces it. */
  updatePrevious(key: number, value: number): void {
    this.#previous.set(key, value);
  }

  /** The transfer to one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    const initial = this.#initial.get(key);
    const previous = this.#previous.get(key);
    return initial === undefined || previous === undefined ? undefined : previous - initial;
  }

  /** The transfer to every key that has both values. */
  result(): ReadonlyMap<number, number> {
    const results = new Map<number, number>();
    for (const key of this.#previous.keys()) {
      const transfer = this.resultOf(key);
      if (transfer !== undefined) results.set(key, transfer);
    }
    return results;
  }

  reset(): void {
    this.#initial.clear();
    this.#previous.clear();
  }

  save(): unknown {
    return { initial: [...this.#initial], previous: [...this.#previous] };
  }

  restore(state: unknown): void {
    const act = "the saved state of forward transfer";
    const { initial, previous } = parseRecord(act, state);
    const pairs = { initial: parsePairs(act, initial), previous: parsePairs(act, previous) };
    this.reset();
    for (const [key, value] of pairs.initial) this.#initial.set(key, value);
    for (const [key, value] of pairs.previous) this.#previous.set(key, value);
  }
}
