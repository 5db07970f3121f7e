import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback, either, listOf, text } from "../../../core/options/value_rules.ts";
import { createMetricFamily, type MetricFamilyOptions, SPAN_FAMILY_RULES } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { DiskUsage } from "./disk_usage.ts";

/** When to look how much is on the disk, and where. */
export interface DiskUsageMetricsOptions extends Omit<MetricFamilyOptions, "epochRunning"> {
  /** Folders and files, or what names them each time. Default: the current folder. */
  readonly paths?: readonly string[] | (() => readonly string[]);
}

const DISK_USAGE_METRICS_RULES: OptionRules<DiskUsageMetricsOptions> = {
  ...SPAN_FAMILY_RULES,
  paths: either(listOf(text()), callback()),
};

/**
 * What is in folders and files at the end of each span, in KiB: `DiskUsage_MB` (after a minibatch), `DiskUsage_Epoch`,
 * `DiskUsage_Exp`, `DiskUsage_Stream`. They measure the machine, so metrics.jsonl does not hold them.
 */
export function diskUsageMetrics(options: DiskUsageMetricsOptions): PluginMetric[] {
  assertOptions("diskUsageMetrics", options, DISK_USAGE_METRICS_RULES);
  const { paths = ["."], ...family } = options;
  const names = {
    minibatch: "DiskUsage_MB",
    epoch: "DiskUsage_Epoch",
    epochRunning: "",
    experience: "DiskUsage_Exp",
    stream: "DiskUsage_Stream",
  };
  return createMetricFamily(family, names, () => {
    const usage = new DiskUsage(typeof paths === "function" ? paths : () => paths);
    const metric = {
      // Looked when it is reported: to look after every minibatch would cost more than the minibatch.
      result: () => {
        usage.update();
        return usage.result();
      },
      reset: () => usage.reset(),
      save: () => usage.save(),
      restore: (state: unknown) => usage.restore(state),
    };
    return { metric, update: () => {}, ofMachine: true };
  });
}
