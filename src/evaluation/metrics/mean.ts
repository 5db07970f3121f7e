import type { Metric } from "./metric.ts";
import { parsePairs } from "./saved_state.ts";

/** A weighted mean, Σ wᵢ vᵢ / Σ wᵢ; 0 while nothing was added. */
export class Mean implements Metric<number> {
  #sum = 0;
  #weight = 0;

  /** Adds a value; `weight` is 1 for the plain mean. */
  update(value: number, weight = 1): void {
    this.#sum += value * weight;
    this.#weight += weight;
  }

  result(): number {
    return this.#weight === 0 ? 0 : this.#sum / this.#weight;
  }

  reset(): void {
    this.#sum = 0;
    this.#weight = 0;
  }

  save(): [number, number][] {
    return [[this.#sum, this.#weight]];
  }

  restore(state: unknown): void {
    const [pair = [0, 0]] = parsePairs("the saved state of a mean", state);
    [this.#sum, this.#weight] = pair;
  }
}
