import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { countCorrect } from "../predictions.ts";
import { parsePairs } from "../saved_state.ts";

/** The share of samples whose largest logit is at their class; 0 while nothing was added. */
export class Accuracy implements Metric<number> {
  #correct = 0;
  #total = 0;

  /** Samples counted so far. */
  get total(): number {
    return this.#total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#correct += countCorrect(logits, y);
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
    const [pair = [0, 0]] = parsePairs("the saved state of an accuracy", state);
    [this.#correct, this.#total] = pair;
  }
}
