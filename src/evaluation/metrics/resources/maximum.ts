import { declareState, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/** The largest value since the last reset; 0 while there was none. */
export class Maximum implements Metric<number> {
  readonly #state = declareState("a maximum", { value: number() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Adds a value of at least 0. */
  update(value: number): void {
    if (value > this.#state.value) this.#state.value = value;
  }

  result(): number {
    return this.#state.value;
  }
}
