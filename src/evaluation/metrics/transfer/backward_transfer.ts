import type { Metric } from "../metric.ts";
import { Forgetting } from "./forgetting.ts";

/**
 * How far a measure rose since an experience was learned: value now minus first-learned value, by key.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class BackwardTransfer implements Metric<ReadonlyMap<number, number>> {
  readonly #forgetting = new Forgetting();
  readonly save = this.#forgetting.save;
  readonly restore = this.#forgetting.restore;
  readonly reset = this.#forgetting.reset;

  /** Takes `value` as what `key` was worth when it had just been learned; a later call replaces it. */
  updateInitial(key: number, value: number): void {
    this.#forgetting.updateInitial(key, value);
  }

  /** Takes `value` as what `key` is worth now. */
  updateLast(key: number, value: number): void {
    this.#forgetting.updateLast(key, value);
  }

  /** The transfer to one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    const forgetting = this.#forgetting.resultOf(key);
    // Subtracted from zero, because a minus sign would turn 0 into −0.
    return forgetting === undefined ? undefined : 0 - forgetting;
  }

  /** The transfer to every key that has both values. */
  result(): ReadonlyMap<number, number> {
    return new Map([...this.#forgetting.result()].map(([key, forgetting]) => [key, 0 - forgetting]));
  }

  /** Forgets the values of now and keeps the first-learned ones: a new evaluation starts. */
  resetLast(): void {
    this.#forgetting.resetLast();
  }
}
