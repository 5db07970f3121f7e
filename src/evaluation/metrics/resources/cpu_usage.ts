import process from "node:process";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback } from "../../../core/options/value_rules.ts";
import type { Metric } from "../metric.ts";
import { parsePairs } from "../saved_state.ts";
import type { Now } from "./elapsed_time.ts";

/** Where processor time and time are read. */
export interface CPUClock {
  /** Milliseconds that only go up; performance.now unless given. */
  readonly now?: Now;
  /**
   * Milliseconds of processor time that this process and its threads have used; the system's own count unless given.
   */
  readonly usedMs?: () => number;
}

/** What `CPUClock` may be. */
export const CPU_CLOCK_RULES: OptionRules<CPUClock> = { now: callback(), usedMs: callback() };

/**
 * Processor time per time since the last reset, in percent of one core: two busy cores are 200. 0 before any update.
 */
export class CPUUsage implements Metric<number> {
  readonly #now: Now;
  readonly #readUsed: () => number;
  #startMs = 0;
  #startUsedMs = 0;
  #elapsedMs = 0;
  #usedMs = 0;

  /** Starts to measure. @throws {TypeError} If an option is of another kind. */
  constructor(options: CPUClock = {}) {
    assertOptions("CPUUsage", options, CPU_CLOCK_RULES);
    const { now = () => performance.now(), usedMs = readProcessorTime } = options;
    this.#now = now;
    this.#readUsed = usedMs;
    this.reset();
  }

  /** Takes the time. */
  update(): void {
    this.#elapsedMs = this.#now() - this.#startMs;
    this.#usedMs = this.#readUsed() - this.#startUsedMs;
  }

  result(): number {
    return this.#elapsedMs > 0 ? (this.#usedMs / this.#elapsedMs) * 100 : 0;
  }

  /** Starts to measure anew. */
  reset(): void {
    this.#startMs = this.#now();
    this.#startUsedMs = this.#readUsed();
    this.#elapsedMs = 0;
    this.#usedMs = 0;
  }

  save(): [number, number][] {
    return [[this.#elapsedMs, this.#usedMs]];
  }

  restore(state: unknown): void {
    const [[elapsedMs, usedMs] = [0, 0]] = parsePairs("the saved state of a CPU usage", state);
    this.#elapsedMs = elapsedMs;
    this.#usedMs = usedMs;
    this.#startMs = this.#now() - elapsedMs;
    this.#startUsedMs = this.#readUsed() - usedMs;
  }
}

function readProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
