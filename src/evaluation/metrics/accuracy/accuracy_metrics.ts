import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createTrainedOnlyMetric } from "../../trained_only_metric.ts";
import { Accuracy } from "./accuracy.ts";

/** Which accuracies to measure; none unless asked for. */
export interface AccuracyMetricsOptions extends MetricFamilyOptions {
  /** Over the evaluated experiences that were trained, in whole or in pieces. */
  readonly trainedExperience?: boolean;
}

const ACCURACY_METRICS_RULES: OptionRules<AccuracyMetricsOptions> = {
  ...METRIC_FAMILY_RULES,
  trainedExperience: flag(),
};

/**
 * The accuracies asked for, sample-weighted: `Top1_Acc_MB`, `Top1_Acc_Epoch`, `Top1_RunningAcc_Epoch`, `Top1_Acc_Exp`,
 * `Top1_Acc_Stream`, `Accuracy_On_Trained_Experiences`.
 */
export function accuracyMetrics(options: AccuracyMetricsOptions): PluginMetric[] {
  assertOptions("accuracyMetrics", options, ACCURACY_METRICS_RULES);
  const names = {
    minibatch: "Top1_Acc_MB",
    epoch: "Top1_Acc_Epoch",
    epochRunning: "Top1_RunningAcc_Epoch",
    experience: "Top1_Acc_Exp",
    stream: "Top1_Acc_Stream",
  };
  const family = createMetricFamily(options, names, countAccuracy);
  if (options.trainedExperience) {
    const { lastTaskLabel = false } = options;
    family.push(
      createTrainedOnlyMetric({ name: "Accuracy_On_Trained_Experiences", lastTaskLabel, ...countAccuracy() }),
    );
  }
  return family;
}

function countAccuracy(): { metric: Accuracy; update: (strategy: EvaluatedStrategy) => void } {
  const metric = new Accuracy();
  return { metric, update: (strategy) => metric.update(strategy.mbOutput, strategy.mbY) };
}
