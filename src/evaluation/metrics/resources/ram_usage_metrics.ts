import process from "node:process";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback, number } from "../../../core/options/value_rules.ts";
import { createMetricFamily, type MetricFamilyOptions, SPAN_FAMILY_RULES } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Now } from "./elapsed_time.ts";
import { Maximum } from "./maximum.ts";

/** Which maxima of memory to measure, and how. */
export interface RamUsageMetricsOptions extends Omit<MetricFamilyOptions, "epochRunning"> {
  /**
   * Seconds between two looks, which come after minibatches. Default: 1. Every span has a look of its own at least.
   */
  readonly every?: number;
  /** Resident bytes of this process. Default: the system's own count. */
  readonly readBytes?: () => number;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: Now;
}

const RAM_USAGE_METRICS_RULES: OptionRules<RamUsageMetricsOptions> = {
  ...SPAN_FAMILY_RULES,
  every: number({ atLeast: 0 }),
  readBytes: callback(),
  now: callback(),
};

/**
 * The largest resident memory of this process with all its replicas, in MiB: `MaxRAMUsage_MB` (of a minibatch),
 * `MaxRAMUsage_Epoch`, `MaxRAMUsage_Experience`, `MaxRAMUsage_Stream`. They measure the machine, so metrics.jsonl does
 * not hold them.
 */
export function ramUsageMetrics(options: RamUsageMetricsOptions): PluginMetric[] {
  assertOptions("ramUsageMetrics", options, RAM_USAGE_METRICS_RULES);
  const { every = 1, readBytes = () => process.memoryUsage.rss(), now = () => performance.now(), ...family } = options;
  const names = { name: "MaxRAMUsage", experience: "Experience" };
  return createMetricFamily(family, names, () => {
    const metric = new Maximum();
    let lookedMs = Number.NEGATIVE_INFINITY;
    const update = () => {
      const nowMs = now();
      // After a reset the result is 0: the first minibatch of a span is always looked at.
      if (metric.result() > 0 && nowMs - lookedMs < every * 1000) return;
      lookedMs = nowMs;
      metric.update(readBytes() / 2 ** 20);
    };
    return { metric, update, ofMachine: true };
  });
}
