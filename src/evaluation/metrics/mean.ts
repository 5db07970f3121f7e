import { declareState, number } from "../../core/state/state.ts";
import type { Metric } from "./metric.ts";

/** A sum; 0 while nothing was added. */
export class Sum implements Metric<number> {
  readonly #state = declareState("a sum", { sum: number() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  update(value: number): void {
    this.#state.sum += value;
  }

  result(): number {
    return this.#state.sum;
  }
}

/** A weighted mean, Σ wᵢ vᵢ / Σ wᵢ; 0 while nothing was added. */
export class Mean implements Metric<number> {
  readonly #state = declareState("a mean", { sum: number(), weight: number() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Adds a value; `weight` is 1 for the plain mean. */
  update(value: number, weight = 1): void {
    this.#state.sum += value * weight;
    this.#state.weight += weight;
  }

  result(): number {
    const { sum, weight } = this.#state;
    return weight === 0 ? 0 : sum / weight;
  }
}
