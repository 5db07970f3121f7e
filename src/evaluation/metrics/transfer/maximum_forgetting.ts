import { declareState, flag, idSet, mapById, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { subtractAt, subtractByKey } from "./forgetting.ts";

/**
 * How far a measure fell from its best: its largest value after any earlier experience minus its value now, by key (the
 * number of the experience). What counts of an experience is the last value before the next one begins: evaluations in
 * the middle of training raise no maximum. Values from before any training count for nothing.
 * @see Chaudhry et al. 2018, arXiv:1801.10112, section 4
 */
export class MaximumForgetting implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("forgetting", {
    hasBegun: flag(),
    best: mapById(number()),
    sinceBegin: mapById(number()),
    learned: idSet(),
    last: mapById(number()),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** An experience's training begins: the values since the one before become candidates for the maximum. */
  beginExperience(): void {
    const { hasBegun, sinceBegin, best } = this.#state;
    if (hasBegun) {
      for (const [key, value] of sinceBegin) best.set(key, Math.max(value, best.get(key) ?? value));
    }
    this.#state.hasBegun = true;
    sinceBegin.clear();
  }

  /** Takes `value` as what `key` is worth now, while it is the experience trained last. */
  updateInitial(key: number, value: number): void {
    this.#state.learned.add(key);
    this.#state.sinceBegin.set(key, value);
  }

  /** Takes `value` as what `key`, trained earlier or not yet, is worth now. */
  updateLast(key: number, value: number): void {
    this.#state.sinceBegin.set(key, value);
    if (this.#state.learned.has(key)) this.#state.last.set(key, value);
  }

  /** The forgetting of one key; undefined unless it was learned earlier and has a value now. */
  resultOf(key: number): number | undefined {
    return subtractAt(key, this.#state.best, this.#state.last);
  }

  /** The forgetting of every key that has one. */
  result(): ReadonlyMap<number, number> {
    return subtractByKey(this.#state.best, this.#state.last);
  }

  /** Forgets the values of now and keeps the maxima: a new evaluation starts. */
  resetLast(): void {
    this.#state.last.clear();
  }
}
