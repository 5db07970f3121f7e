import { createMetricFamily, type MetricFamilyOptions } from "./metric_family.ts";
import { type CPUClock, CPUUsage } from "./metrics/cpu_usage.ts";
import type { PluginMetric } from "./plugin_metric.ts";

/**
 * Processor time of this process with all its replicas, in percent of one core: `CPUUsage_MB`, `CPUUsage_Epoch`,
 * `RunningCPUUsage_Epoch`, `CPUUsage_Exp`, `CPUUsage_Stream`. They measure the machine, so metrics.jsonl does not hold
 * them.
 */
export function cpuUsageMetrics(options: MetricFamilyOptions & CPUClock): PluginMetric[] {
  const names = {
    minibatch: "CPUUsage_MB",
    epoch: "CPUUsage_Epoch",
    epochRunning: "RunningCPUUsage_Epoch",
    experience: "CPUUsage_Exp",
    stream: "CPUUsage_Stream",
  };
  return createMetricFamily(options, names, () => {
    const metric = new CPUUsage(options);
    return { metric, update: () => metric.update(), ofMachine: true };
  });
}
