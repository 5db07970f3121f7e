import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback, flag } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createTrainedOnlyMetric } from "../../trained_only_metric.ts";
import { createTargetForgetting, feedTargets, type TargetMetric } from "../target_metrics.ts";
import type { TransferMetricsOptions } from "../transfer/forgetting_metrics.ts";
import { TRANSFER_METRICS_RULES } from "../transfer/forgetting_metrics.ts";
import { MAE } from "./mean_absolute_error.ts";
import { R2 } from "./r_squared.ts";
import { RMSE } from "./root_mean_squared_error.ts";

/** At which occasions to measure a regression, and against what. */
export interface RegressionMetricsOptions extends MetricFamilyOptions {
  /** Over the evaluated experiences that were trained, in whole or in pieces. */
  readonly trainedExperience?: boolean;
  /**
   * What the outputs of the minibatch [B, D] should have been, [B, D]. If left out, what `MSELoss` trains for: the
   * targets where they are numbers; else one-hot rows of the class ids; where there is one output, the class id itself.
   */
  readonly readTargets?: (strategy: EvaluatedStrategy) => HostTensor;
}

const REGRESSION_METRICS_RULES: OptionRules<RegressionMetricsOptions> = {
  ...METRIC_FAMILY_RULES,
  trainedExperience: flag(),
  readTargets: callback(),
};

/**
 * The root mean squared errors asked for: `Top1_RMSE_MB`, `Top1_RMSE_Epoch`, `Top1_RunningRMSE_Epoch`, `Top1_RMSE_Exp`,
 * `Top1_RMSE_Stream`, `RMSE_On_Trained_Experiences`.
 */
export function rmseMetrics(options: RegressionMetricsOptions): PluginMetric[] {
  assertOptions("rmseMetrics", options, REGRESSION_METRICS_RULES);
  return createRegressionFamily("RMSE", options, () => new RMSE());
}

/**
 * The coefficients of determination asked for: `Top1_R2_MB`, `Top1_R2_Epoch`, `Top1_RunningR2_Epoch`, `Top1_R2_Exp`,
 * `Top1_R2_Stream`, `R2_On_Trained_Experiences`.
 */
export function r2Metrics(options: RegressionMetricsOptions): PluginMetric[] {
  assertOptions("r2Metrics", options, REGRESSION_METRICS_RULES);
  return createRegressionFamily("R2", options, () => new R2());
}

/** The mean absolute errors asked for: `MAE_MB`, `MAE_Epoch`, `RunningMAE_Epoch`, `MAE_Exp`, `MAE_Stream`. */
export function maeMetrics(options: Omit<RegressionMetricsOptions, "trainedExperience">): PluginMetric[] {
  const { trainedExperience: _trainedExperience, ...rules } = REGRESSION_METRICS_RULES;
  assertOptions("maeMetrics", options, rules);
  const { readTargets = encodeLabels } = options;
  const names = { name: "MAE", running: "RunningMAE" };
  return createMetricFamily(options, names, () => feedTargets(new MAE(), readTargets));
}

/** Which change since experiences were learned to report, and what outputs are compared with. */
export type RegressionForgettingOptions = TransferMetricsOptions & Pick<RegressionMetricsOptions, "readTargets">;

const REGRESSION_FORGETTING_RULES: OptionRules<RegressionForgettingOptions> = {
  ...TRANSFER_METRICS_RULES,
  readTargets: callback(),
};

/**
 * `ExperienceRMSEForgetting`, `StreamRMSEForgetting`: the error when just learned minus the error now; below 0 where it
 * grew.
 */
export function rmseForgettingMetrics(options: RegressionForgettingOptions): PluginMetric[] {
  assertOptions("rmseForgettingMetrics", options, REGRESSION_FORGETTING_RULES);
  const { readTargets = encodeLabels } = options;
  return createTargetForgetting("RMSE", options, () => feedTargets(new RMSE(), readTargets));
}

/** `ExperienceR2Forgetting`, `StreamR2Forgetting`: R² when just learned minus R² now. */
export function r2ForgettingMetrics(options: RegressionForgettingOptions): PluginMetric[] {
  assertOptions("r2ForgettingMetrics", options, REGRESSION_FORGETTING_RULES);
  const { readTargets = encodeLabels } = options;
  return createTargetForgetting("R2", options, () => feedTargets(new R2(), readTargets));
}

function createRegressionFamily(
  measure: string,
  options: RegressionMetricsOptions,
  createMetric: () => TargetMetric,
): PluginMetric[] {
  const { readTargets = encodeLabels, lastTaskLabel = false, trainedExperience } = options;
  const create = () => feedTargets(createMetric(), readTargets);
  const names = { name: `Top1_${measure}`, running: `Top1_Running${measure}` };
  const family = createMetricFamily(options, names, create);
  if (!trainedExperience) return family;
  const name = `${measure}_On_Trained_Experiences`;
  return [...family, createTrainedOnlyMetric({ name, lastTaskLabel, ...create() })];
}

/**
 * Targets that are numbers; else class ids as numbers [B, 1] for a single output, as one-hot rows [B, D] otherwise; an
 * id without an output has none.
 */
function encodeLabels({ mbOutput, mbY, mbValues }: EvaluatedStrategy): HostTensor {
  if (mbValues) return mbValues;
  const width = elementAt(mbOutput.shape, 1);
  if (width === 1) return { data: Float32Array.from(mbY), shape: [mbY.length, 1] };
  const data = new Float32Array(mbY.length * width);
  mbY.forEach((label, row) => {
    if (label < width) data[row * width + label] = 1;
  });
  return { data, shape: [mbY.length, width] };
}
