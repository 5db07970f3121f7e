import process from "node:process";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { splitOptions } from "../../../core/options/split_options.ts";
import { callback } from "../../../core/options/value_rules.ts";
import { declareState, number } from "../../../core/state/state.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import type { Now } from "./elapsed_time.ts";

/** Where processor time and time are read. */
export interface CPUClock {
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: Now;
  /**
   * Milliseconds of processor time that this process and its threads have used. Default: the system's own count.
   */
  readonly usedMs?: () => number;
}

/** What `CPUClock` may be. */
const CPU_CLOCK_RULES: OptionRules<CPUClock> = { now: callback(), usedMs: callback() };

/**
 * Processor time per time since the last reset, in percent of one core: two busy cores are 200. 0 before any update.
 */
export class CPUUsage implements Metric<number> {
  readonly #now: Now;
  readonly #readUsed: () => number;
  #startMs = 0;
  #startUsedMs = 0;
  readonly #state = declareState(
    "a CPU usage",
    { elapsedMs: number(), usedMs: number() },
    { restored: () => this.#begin() },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

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
    this.#state.elapsedMs = this.#now() - this.#startMs;
    this.#state.usedMs = this.#readUsed() - this.#startUsedMs;
  }

  result(): number {
    const { elapsedMs, usedMs } = this.#state;
    return elapsedMs > 0 ? (usedMs / elapsedMs) * 100 : 0;
  }

  /** Starts to measure anew. */
  reset(): void {
    this.#state.reset();
    this.#begin();
  }

  /** What was measured before counts as if it had just been. */
  #begin(): void {
    this.#startMs = this.#now() - this.#state.elapsedMs;
    this.#startUsedMs = this.#readUsed() - this.#state.usedMs;
  }
}

function readProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Processor time of this process with all its replicas, in percent of one core: `CPUUsage_MB`, `CPUUsage_Epoch`,
 * `RunningCPUUsage_Epoch`, `CPUUsage_Exp`, `CPUUsage_Stream`. They measure the machine, so metrics.jsonl does not hold
 * them.
 */
export function cpuUsageMetrics(options: MetricFamilyOptions & CPUClock): PluginMetric[] {
  assertOptions("cpuUsageMetrics", options, { ...METRIC_FAMILY_RULES, ...CPU_CLOCK_RULES });
  const [clock, family] = splitOptions(options, CPU_CLOCK_RULES);
  const names = { name: "CPUUsage", running: "RunningCPUUsage" };
  return createMetricFamily(family, names, () => {
    const metric = new CPUUsage(clock);
    return { metric, update: () => metric.update(), ofMachine: true };
  });
}
