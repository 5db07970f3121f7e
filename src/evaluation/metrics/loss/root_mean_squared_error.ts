import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { parsePairs } from "../saved_state.ts";
import { readTargetWidth } from "./regression_shapes.ts";

/**
 * √(Σ (prediction − target)² / n) over all numbers of all samples; 0 while nothing was added. Departs from Avalanche,
 * which takes the mean of the minibatches' roots and so depends on their size.
 */
export class RMSE implements Metric<number> {
  #squares = 0;
  #count = 0;
  #total = 0;

  /** Samples counted so far. */
  get total(): number {
    return this.#total;
  }

  /**
   * Adds a minibatch: predictions and targets, both [B, D] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(predicted: HostTensor, target: HostTensor): void {
    readTargetWidth("RMSE", predicted, target);
    for (let i = 0; i < predicted.data.length; i++) {
      const difference = (predicted.data[i] ?? 0) - (target.data[i] ?? 0);
      this.#squares += difference * difference;
    }
    this.#count += predicted.data.length;
    this.#total += elementAt(predicted.shape, 0);
  }

  result(): number {
    return this.#count === 0 ? 0 : Math.sqrt(this.#squares / this.#count);
  }

  reset(): void {
    this.#squares = 0;
    this.#count = 0;
    this.#total = 0;
  }

  save(): [number, number][] {
    return [
      [this.#squares, this.#count],
      [this.#total, 0],
    ];
  }

  restore(state: unknown): void {
    const [sums = [0, 0], totals = [0, 0]] = parsePairs("the saved state of a root mean squared error", state);
    [this.#squares, this.#count] = sums;
    [this.#total] = totals;
  }
}
