import type { Metric } from "../metric.ts";
import { parsePairs, parseRecord } from "../saved_state.ts";

/**
 * How far a measure fell since an experience was learned: first-learned value minus value now, by key (the number of
 * the experience). A key has a result once it has both values.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840, whose backward transfer is its negative. Chaudhry et al. 2018,
 * arXiv:1801.10112, subtract from the largest value ever instead of the first; this is Avalanche's definition.
 */
export class Forgetting implements Metric<ReadonlyMap<number, number>> {
  readonly #initial = new Map<number, number>();
  readonly #last = new Map<number, number>();

  /** Takes `value` as what `key` was worth when it had just been learned; a later call replaces it. */
  updateInitial(key: number, value: number): void {
    this.#initial.set(key, value);
  }

  /** Takes `value` as what `key` is worth now. */
  updateLast(key: number, value: number): void {
    this.#last.set(key, value);
  }

  /** The forgetting of one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    return subtractAt(key, this.#initial, this.#last);
  }

  /** The forgetting of every key that has both values. */
  result(): ReadonlyMap<number, number> {
    return subtractByKey(this.#initial, this.#last);
  }

  /** Forgets the values of now and keeps the first-learned ones: a new evaluation starts. */
  resetLast(): void {
    this.#last.clear();
  }

  reset(): void {
    this.#initial.clear();
    this.#last.clear();
  }

  save(): unknown {
    return { initial: [...this.#initial], last: [...this.#last] };
  }

  restore(state: unknown): void {
    const act = "the saved state of forgetting";
    const { initial, last } = parseRecord(act, state);
    const pairs = { initial: parsePairs(act, initial), last: parsePairs(act, last) };
    this.reset();
    for (const [key, value] of pairs.initial) this.#initial.set(key, value);
    for (const [key, value] of pairs.last) this.#last.set(key, value);
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
