import type { Metric } from "../metric.ts";
import { parsePairs } from "../saved_state.ts";

/** Milliseconds that only go up. */
export type Now = () => number;

/**
 * Seconds from the last reset to the last update; 0 before any update. Time in which a run was interrupted does not
 * count.
 */
export class ElapsedTime implements Metric<number> {
  readonly #now: Now;
  #startMs: number;
  #elapsedMs = 0;
  #updates = 0;

  /** Starts to measure. `now` is performance.now unless given. */
  constructor(now: Now = () => performance.now()) {
    this.#now = now;
    this.#startMs = now();
  }

  /** Updates since the last reset. */
  get updates(): number {
    return this.#updates;
  }

  /** Takes the time. */
  update(): void {
    this.#elapsedMs = this.#now() - this.#startMs;
    this.#updates += 1;
  }

  result(): number {
    return this.#elapsedMs / 1000;
  }

  /** Starts to measure anew. */
  reset(): void {
    this.#startMs = this.#now();
    this.#elapsedMs = 0;
    this.#updates = 0;
  }

  save(): [number, number][] {
    return [[this.#elapsedMs, this.#updates]];
  }

  restore(state: unknown): void {
    const [[elapsedMs, updates] = [0, 0]] = parsePairs("the saved state of an elapsed time", state);
    this.#elapsedMs = elapsedMs;
    this.#updates = updates;
    this.#startMs = this.#now() - elapsedMs;
  }
}
