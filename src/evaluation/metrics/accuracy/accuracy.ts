import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import { count, declareState } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import {
  createMetricFamily,
  type FedMetric,
  METRIC_FAMILY_RULES,
  type MetricFamilyOptions,
} from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createTrainedOnlyMetric } from "../../trained_only_metric.ts";
import type { Metric } from "../metric.ts";
import { countCorrect } from "../predictions.ts";

/** The share of samples whose largest logit is at their class; 0 while nothing was added. */
export class Accuracy implements Metric<number> {
  readonly #state = declareState("an accuracy", { correct: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#state.correct += countCorrect(logits, y);
    this.#state.total += y.length;
  }

  result(): number {
    const { correct, total } = this.#state;
    return total === 0 ? 0 : correct / total;
  }
}

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
  const names = { name: "Top1_Acc", running: "Top1_RunningAcc" };
  const family = createMetricFamily(options, names, countAccuracy);
  if (options.trainedExperience) {
    const { lastTaskLabel = false } = options;
    family.push(
      createTrainedOnlyMetric({ name: "Accuracy_On_Trained_Experiences", lastTaskLabel, ...countAccuracy() }),
    );
  }
  return family;
}

/** An accuracy that a strategy feeds. */
export function countAccuracy(): FedMetric & { readonly metric: Accuracy } {
  const metric = new Accuracy();
  const update = ({ mbOutput, mbY }: EvaluatedStrategy) => metric.update(mbOutput, mbY);
  return { metric, update, targets: CLASSES_ONLY };
}
