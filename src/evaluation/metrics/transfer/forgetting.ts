import { declareState, mapById, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/**
 * How far a measure fell since an experience was learned: first-learned value minus value now, by key (the number of
 * the experience). A key has a result once it has both values.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840, whose backward transfer is its negative. Chaudhry et al. 2018,
 * arXiv:1801.10112, subtract from the largest value ever instead of the first; this is Avalanche's definition.
 */
export class Forgetting implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("forgetting", { initial: mapById(number()), last: mapById(number()) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Takes `value` as what `key` was worth when it had just been learned; a later call replaces it. */
  updateInitial(key: number, value: number): void {
    this.#state.initial.set(key, value);
  }

  /** Takes `value` as what `key` is worth now. */
  updateLast(key: number, value: number): void {
    this.#state.last.set(key, value);
  }

  /** The forgetting of one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    return subtractAt(key, this.#state.initial, this.#state.last);
  }

  /** The forgetting of every key that has both values. */
  result(): ReadonlyMap<number, number> {
    return subtractByKey(this.#state.initial, this.#state.last);
  }

  /** Forgets the values of now and keeps the first-learned ones: a new evaluation starts. */
  resetLast(): void {
    this.#state.last.clear();
  }
}

/** earlier − now by key, for every key of `now` that has both. The caller owns it. */
export function subtractByKey(
  earlier: ReadonlyMap<number, number>,
  now: ReadonlyMap<number, number>,
): Map<number, number> {
  const results = new Map<number, number>();
  for (const key of now.keys()) {
    const difference = subtractAt(key, earlier, now);
    if (difference !== undefined) results.set(key, difference);
  }
  return results;
}

/** earlier − now of one key; undefined unless it has both. */
export function subtractAt(
  key: number,
  earlier: ReadonlyMap<number, number>,
  now: ReadonlyMap<number, number>,
): number | undefined {
  const [before, after] = [earlier.get(key), now.get(key)];
  return before === undefined || after === undefined ? undefined : before - after;
}
