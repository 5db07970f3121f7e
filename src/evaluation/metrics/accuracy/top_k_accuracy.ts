import { assertWholeNumber } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { countInTopK } from "../predictions.ts";

/** The share of samples whose class has one of the k largest logits; 0 while nothing was added. */
export class TopKAccuracy implements Metric<number> {
  readonly k: number;
  readonly #state = declareState("a top-k accuracy", { correct: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** @throws {RangeError} If k is not a whole number of at least 1. */
  constructor(k: number) {
    assertWholeNumber("TopKAccuracy", "k", k, 1);
    this.k = k;
  }

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#state.correct += countInTopK(logits, y, this.k);
    this.#state.total += y.length;
  }

  result(): number {
    const { correct, total } = this.#state;
    return total === 0 ? 0 : correct / total;
  }
}
