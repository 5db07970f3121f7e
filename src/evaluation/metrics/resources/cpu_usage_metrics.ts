import { assertOptions } from "../../../core/options/assert_options.ts";
import { splitOptions } from "../../../core/options/split_options.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { CPU_CLOCK_RULES, type CPUClock, CPUUsage } from "./cpu_usage.ts";

/**
 * Processor time of this process with all its replicas, in percent of one core: `CPUUsage_MB`, `CPUUsage_Epoch`,
 * `RunningCPUUsage_Epoch`, `CPUUsage_Exp`, `CPUUsage_Stream`. They measure the machine, so metrics.jsonl does not hold
 * them.
 */
export function cpuUsageMetrics(options: MetricFamilyOptions & CPUClock): PluginMetric[] {
  assertOptions("cpuUsageMetrics", options, { ...METRIC_FAMILY_RULES, ...CPU_CLOCK_RULES });
  const [clock, family] = splitOptions(options, CPU_CLOCK_RULES);
  const names = {
    minibatch: "CPUUsage_MB",
    epoch: "CPUUsage_Epoch",
    epochRunning: "RunningCPUUsage_Epoch",
    experience: "CPUUsage_Exp",
    stream: "CPUUsage_Stream",
  };
  return createMetricFamily(family, names, () => {
    const metric = new CPUUsage(clock);
    return { metric, update: () => metric.update(), ofMachine: true };
  });
}
