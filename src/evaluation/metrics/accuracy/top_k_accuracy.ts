import { assertWholeNumber } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { countInTopK } from "../predictions.ts";
import { parsePairs } from "../saved_state.ts";

/** The share of samples whose class has one of the k largest logits; 0 while nothing was added. */
export class TopKAccuracy implements Metric<number> {
  readonly k: number;
  #correct = 0;
  #total = 0;

  /** @throws {RangeError} If k is not a whole number of at least 1. */
  constructor(k: number) {
    assertWholeNumber("TopKAccuracy", "k", k, 1);
    this.k = k;
  }

  /** Samples counted so far. */
  get total(): number {
    return this.#total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#correct += countInTopK(logits, y, this.k);
    this.#total += y.length;
  }

  result(): number {
    return this.#total === 0 ? 0 : this.#correct / this.#total;
  }

  reset(): void {
    this.#correct = 0;
    this.#total = 0;
  }

  save(): [number, number][] {
    return [[this.#correct, this.#total]];
  }

  restore(state: unknown): void {
    const [pair = [0, 0]] = parsePairs("the saved state of a top-k accuracy", state);
    [this.#correct, this.#total] = pair;
  }
}
