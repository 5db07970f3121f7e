import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { readTargetWidth } from "./regression_shapes.ts";

/** Σ |prediction − target| / n over all numbers of all samples; 0 while nothing was added. */
export class MAE implements Metric<number> {
  readonly #state = declareState("a mean absolute error", { sum: number(), count: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Adds a minibatch: predictions and targets, both [B, D] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(predicted: HostTensor, target: HostTensor): void {
    readTargetWidth("MAE", predicted, target);
    for (let i = 0; i < predicted.data.length; i++) {
      this.#state.sum += Math.abs((predicted.data[i] ?? 0) - (target.data[i] ?? 0));
    }
    this.#state.count += predicted.data.length;
    this.#state.total += elementAt(predicted.shape, 0);
  }

  result(): number {
    const { sum, count: numbers } = this.#state;
    return numbers === 0 ? 0 : sum / numbers;
  }
}
