import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { countCorrect } from "../predictions.ts";

/** The share of samples whose largest logit is at their class; 0 while nothing was added. */
export class Accuracy implements Metric<number> {
  readonly #state = declareState("an accuracy", { correct: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#state.correct += countCorrect(logits, y);
    this.#state.total += y.length;
  }

  result(): number {
    const { correct, total } = this.#state;
    return total === 0 ? 0 : correct / total;
  }
}
