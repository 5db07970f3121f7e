import { count, declareState, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/** Milliseconds that only go up. */
export type Now = () => number;

/**
 * Seconds from the last reset to the last update; 0 before any update. Time in which a run was interrupted does not
 * count.
 */
export class ElapsedTime implements Metric<number> {
  readonly #now: Now;
  #startMs: number;
  readonly #state = declareState(
    "an elapsed time",
    { elapsedMs: number(), updates: count() },
    {
      restored: () => {
        this.#startMs = this.#now() - this.#state.elapsedMs;
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** Starts to measure. `now` defaults to performance.now. */
  constructor(now: Now = () => performance.now()) {
    this.#now = now;
    this.#startMs = now();
  }

  /** Updates since the last reset. */
  get updates(): number {
    return this.#state.updates;
  }

  /** Takes the time. */
  update(): void {
    this.#state.elapsedMs = this.#now() - this.#startMs;
    this.#state.updates += 1;
  }

  result(): number {
    return this.#state.elapsedMs / 1000;
  }

  /** Starts to measure anew. */
  reset(): void {
    this.#startMs = this.#now();
    this.#state.reset();
  }
}
