import { assertOptions } from "../../../core/options/assert_options.ts";
import {
  createMetricFamily,
  type FedMetric,
  METRIC_FAMILY_RULES,
  type MetricFamilyOptions,
} from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { Loss } from "./loss.ts";

/**
 * The losses asked for, weighted by minibatch length: `Loss_MB`, `Loss_Epoch`, `RunningLoss_Epoch`, `Loss_Exp`,
 * `Loss_Stream`. A training loss holds the penalties that plugins add.
 */
export function lossMetrics(options: MetricFamilyOptions): PluginMetric[] {
  assertOptions("lossMetrics", options, METRIC_FAMILY_RULES);
  const names = {
    minibatch: "Loss_MB",
    epoch: "Loss_Epoch",
    epochRunning: "RunningLoss_Epoch",
    experience: "Loss_Exp",
    stream: "Loss_Stream",
  };
  return createMetricFamily(options, names, gatherLoss);
}

function gatherLoss(): FedMetric {
  const metric = new Loss();
  return { metric, update: (strategy) => metric.update(strategy.loss, strategy.mbY.length) };
}
