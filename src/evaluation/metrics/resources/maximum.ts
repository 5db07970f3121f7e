import type { Metric } from "../metric.ts";
import { parsePairs } from "../saved_state.ts";

/** The largest value since the last reset; 0 while there was none. */
export class Maximum implements Metric<number> {
  #value = 0;

  /** Adds a value of at least 0. */
  update(value: number): void {
    if (value > this.#value) this.#value = value;
  }

  result(): number {
    return this.#value;
  }

  reset(): void {
    this.#value = 0;
  }

  save(): [number, number][] {
    return [[this.#value, 1]];
  }

  restore(state: unknown): void {
    const [[value] = [0]] = parsePairs("the saved state of a maximum", state);
    this.#value = value;
  }
}
