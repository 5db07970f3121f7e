import { elementAt } from "../../../core/element_at.ts";
import type { Metric } from "../metric.ts";
import { parsePairs, parseRecord } from "../saved_state.ts";
import { subtractAt, subtractByKey } from "./forgetting.ts";

/**
 * How far a measure fell from its best: its largest value after any earlier experience minus its value now, by key (the
 * number of the experience). What counts of an experience is the last value before the next one begins: evaluations in
 * the middle of training raise no maximum. Values from before any training count for nothing.
 * @see Chaudhry et al. 2018, arXiv:1801.10112, section 4
 */
export class MaximumForgetting implements Metric<ReadonlyMap<number, number>> {
  readonly #best = new Map<number, number>();
  readonly #sinceBegin = new Map<number, number>();
  readonly #learned = new Set<number>();
  readonly #last = new Map<number, number>();
  #hasBegun = false;

  /** An experience's training begins: the values since the one before become candidates for the maximum. */
  beginExperience(): void {
    if (this.#hasBegun) {
      for (const [key, value] of this.#sinceBegin) this.#best.set(key, Math.max(value, this.#best.get(key) ?? value));
    }
    this.#hasBegun = true;
    this.#sinceBegin.clear();
  }

  /** Takes `value` as what `key` is worth now, while it is the experience trained last. */
  updateInitial(key: number, value: number): void {
    this.#learned.add(key);
    this.#sinceBegin.set(key, value);
  }

  /** Takes `value` as what `key`, trained earlier or not yet, is worth now. */
  updateLast(key: number, value: number): void {
    this.#sinceBegin.set(key, value);
    if (this.#learned.has(key)) this.#last.set(key, value);
  }

  /** The forgetting of one key; undefined unless it was learned earlier and has a value now. */
  resultOf(key: number): number | undefined {
    return subtractAt(key, this.#best, this.#last);
  }

  /** The forgetting of every key that has one. */
  result(): ReadonlyMap<number, number> {
    return subtractByKey(this.#best, this.#last);
  }

  /** Forgets the values of now and keeps the maxima: a new evaluation starts. */
  resetLast(): void {
    this.#last.clear();
  }

  reset(): void {
    this.#hasBegun = false;
    for (const part of [this.#best, this.#sinceBegin, this.#learned, this.#last]) part.clear();
  }

  save(): unknown {
    return {
      hasBegun: Number(this.#hasBegun),
      best: [...this.#best],
      sinceBegin: [...this.#sinceBegin],
      learned: [...this.#learned].map((key) => [key, 1]),
      last: [...this.#last],
    };
  }

  restore(state: unknown): void {
    const act = "the saved state of forgetting";
    const { hasBegun, best, sinceBegin, learned, last } = parseRecord(act, state);
    const pairs = [best, sinceBegin, last].map((part) => parsePairs(act, part));
    const keys = parsePairs(act, learned).map(([key]) => key);
    this.reset();
    this.#hasBegun = hasBegun === 1;
    [this.#best, this.#sinceBegin, this.#last].forEach((part, i) => {
      for (const [key, value] of elementAt(pairs, i)) part.set(key, value);
    });
    for (const key of keys) this.#learned.add(key);
  }
}
