import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState } from "../../../core/state/state.ts";
import { readTargetWidth } from "../loss/regression_shapes.ts";
import type { Metric } from "../metric.ts";

/**
 * The share of samples all of whose labels are predicted right (subset accuracy); 0 while nothing was added. A label is
 * predicted where its logit is above 0; a row that holds NaN counts as wrong.
 */
export class ExactMatch implements Metric<number> {
  readonly #state = declareState("an exact match", { right: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Adds a minibatch: logits and labels of 0 and 1, both [B, T] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(logits: HostTensor, labels: HostTensor): void {
    const width = readTargetWidth("ExactMatch", logits, labels);
    const rows = elementAt(labels.shape, 0);
    for (let row = 0; row < rows; row++) {
      const [start, end] = [row * width, (row + 1) * width];
      if (isRight(logits.data.subarray(start, end), labels.data.subarray(start, end))) this.#state.right += 1;
    }
    this.#state.total += rows;
  }

  result(): number {
    const { right, total } = this.#state;
    return total === 0 ? 0 : right / total;
  }
}

function isRight(logits: Float32Array, labels: Float32Array): boolean {
  return logits.every((logit, i) => !Number.isNaN(logit) && logit > 0 === (labels[i] === 1));
}
