import { assertOptions } from "../../../core/options/assert_options.ts";
import type { TargetKind } from "../../../data/float_targets.ts";
import {
  createMetricFamily,
  type FedMetric,
  METRIC_FAMILY_RULES,
  type MetricFamilyOptions,
} from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createTargetForgetting, feedTargets, readValues, type TargetMetric } from "../target_metrics.ts";
import { TRANSFER_METRICS_RULES, type TransferMetricsOptions } from "../transfer/forgetting_metrics.ts";
import { ExactMatch } from "./exact_match.ts";
import { MacroF1 } from "./macro_f1.ts";

const LABELS: readonly TargetKind[] = ["labels"];

/**
 * The macro F1 asked for, of samples with several labels: `MacroF1_MB`, `MacroF1_Epoch`, `MacroF1_Exp`,
 * `MacroF1_Stream`.
 */
export function macroF1Metrics(options: MetricFamilyOptions): PluginMetric[] {
  assertOptions("macroF1Metrics", options, METRIC_FAMILY_RULES);
  return createMetricFamily(options, { name: "MacroF1", running: "RunningMacroF1" }, () => feedLabels(new MacroF1()));
}

/**
 * The shares of samples with all labels right: `ExactMatch_MB`, `ExactMatch_Epoch`, `ExactMatch_Exp`,
 * `ExactMatch_Stream`.
 */
export function exactMatchMetrics(options: MetricFamilyOptions): PluginMetric[] {
  assertOptions("exactMatchMetrics", options, METRIC_FAMILY_RULES);
  const names = { name: "ExactMatch", running: "RunningExactMatch" };
  return createMetricFamily(options, names, () => feedLabels(new ExactMatch()));
}

/** `ExperienceMacroF1Forgetting`, `StreamMacroF1Forgetting`: macro F1 when just learned minus macro F1 now. */
export function macroF1ForgettingMetrics(options: TransferMetricsOptions): PluginMetric[] {
  assertOptions("macroF1ForgettingMetrics", options, TRANSFER_METRICS_RULES);
  return createTargetForgetting("MacroF1", options, () => feedLabels(new MacroF1()));
}

function feedLabels(metric: TargetMetric): FedMetric {
  return { ...feedTargets(metric, readValues), targets: LABELS };
}
