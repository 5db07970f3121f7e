import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, oneOf } from "../../../core/options/value_rules.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { BackwardTransfer } from "./backward_transfer.ts";
import { Forgetting } from "./forgetting.ts";
import { MaximumForgetting } from "./maximum_forgetting.ts";
import { TransferMetric } from "./transfer_metric.ts";

/** Which of the two to report; none unless asked for. */
export interface TransferMetricsOptions {
  /** Of each evaluated experience. */
  readonly experience?: boolean;
  /** The plain mean over the evaluated experiences. */
  readonly stream?: boolean;
}

/** What `TransferMetricsOptions` may be. */
export const TRANSFER_METRICS_RULES: OptionRules<TransferMetricsOptions> = { experience: flag(), stream: flag() };

/** Which forgetting to report, and what it is measured from. */
export interface ForgettingMetricsOptions extends TransferMetricsOptions {
  /** The accuracy when an experience had just been learned, as Avalanche does (the default), or the best one so far. */
  readonly since?: "first-learned" | "running-maximum";
}

const FORGETTING_METRICS_RULES: OptionRules<ForgettingMetricsOptions> = {
  ...TRANSFER_METRICS_RULES,
  since: oneOf(["first-learned", "running-maximum"]),
};

/**
 * `ExperienceForgetting` and `StreamForgetting`: first-learned accuracy minus accuracy now, for the experiences that
 * were trained before the last one. Since the running maximum (Chaudhry et al. 2018, arXiv:1801.10112) they are called
 * `ExperienceMaxForgetting` and `StreamMaxForgetting`, so that an evaluator may have both.
 */
export function forgettingMetrics(options: ForgettingMetricsOptions): PluginMetric[] {
  assertOptions("forgettingMetrics", options, FORGETTING_METRICS_RULES);
  const { experience, stream, since = "first-learned" } = options;
  const isMaximum = since === "running-maximum";
  const createMeasure = () => (isMaximum ? new MaximumForgetting() : new Forgetting());
  const name = isMaximum ? "MaxForgetting" : "Forgetting";
  const metrics: PluginMetric[] = [];
  if (experience) {
    metrics.push(new TransferMetric({ name: `Experience${name}`, createMeasure, emitAt: "experience" }));
  }
  if (stream) metrics.push(new TransferMetric({ name: `Stream${name}`, createMeasure, emitAt: "stream" }));
  return metrics;
}

/** `ExperienceBWT` and `StreamBWT`: backward transfer, the negative of forgetting. */
export function bwtMetrics(options: TransferMetricsOptions): PluginMetric[] {
  assertOptions("bwtMetrics", options, TRANSFER_METRICS_RULES);
  const { experience, stream } = options;
  const createMeasure = () => new BackwardTransfer();
  const metrics: PluginMetric[] = [];
  if (experience) metrics.push(new TransferMetric({ name: "ExperienceBWT", createMeasure, emitAt: "experience" }));
  if (stream) metrics.push(new TransferMetric({ name: "StreamBWT", createMeasure, emitAt: "stream" }));
  return metrics;
}
