import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback } from "../../../core/options/value_rules.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import { createPluginMetric, type PluginMetric } from "../../plugin_metric.ts";
import { ElapsedTime, type Now } from "./elapsed_time.ts";

/** Which times to take; none unless asked for. */
export interface TimingMetricsOptions extends MetricFamilyOptions {
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: Now;
}

const TIMING_METRICS_RULES: OptionRules<TimingMetricsOptions> = {
  ...METRIC_FAMILY_RULES,
  now: callback(),
};

/**
 * Seconds that spans took: `Time_MB`, `Time_Epoch`, `RunningTime_Epoch` (the mean of a minibatch so far in the epoch),
 * `Time_Exp` and `Time_Stream` (of evaluations). They measure the machine, so metrics.jsonl does not hold them.
 */
export function timingMetrics(options: TimingMetricsOptions): PluginMetric[] {
  assertOptions("timingMetrics", options, TIMING_METRICS_RULES);
  const { now, ...occasions } = options;
  const names = { name: "Time" };
  const create = () => {
    const metric = new ElapsedTime(now);
    return { metric, update: () => metric.update(), ofMachine: true };
  };
  const family = createMetricFamily({ ...occasions, epochRunning: false }, names, create);
  if (options.epochRunning) family.push(createRunningTime("RunningTime_Epoch", now));
  return family;
}

function createRunningTime(name: string, now: Now | undefined): PluginMetric {
  const time = new ElapsedTime(now);
  return createPluginMetric({
    name,
    metric: {
      result: () => time.result() / Math.max(1, time.updates),
      reset: () => time.reset(),
      save: () => time.save(),
      restore: (state) => time.restore(state),
    },
    update: () => time.update(),
    ofMachine: true,
    mode: "train",
    resetAt: "epoch",
    emitAt: "iteration",
  });
}
