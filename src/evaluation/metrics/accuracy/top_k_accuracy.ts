import { assertWholeNumber } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, wholeNumber } from "../../../core/options/value_rules.ts";
import { count, declareState } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricFamily, METRIC_FAMILY_RULES, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createTrainedOnlyMetric } from "../../trained_only_metric.ts";
import type { Metric } from "../metric.ts";
import { countInTopK } from "../predictions.ts";

/** The share of samples whose class has one of the k largest logits; 0 while nothing was added. */
export class TopKAccuracy implements Metric<number> {
  readonly k: number;
  readonly #state = declareState("a top-k accuracy", { correct: count(), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** @throws {RangeError} If k is not a whole number of at least 1. */
  constructor(k: number) {
    assertWholeNumber("TopKAccuracy", "k", k, 1);
    this.k = k;
  }

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    this.#state.correct += countInTopK(logits, y, this.k);
    this.#state.total += y.length;
  }

  result(): number {
    const { correct, total } = this.#state;
    return total === 0 ? 0 : correct / total;
  }
}

/** Which top-k accuracies to measure; none unless asked for. */
export interface TopkAccMetricsOptions extends MetricFamilyOptions {
  /** How many of the largest logits count. Default: 3. */
  readonly topK?: number;
  /** Over the evaluated experiences that were trained, in whole or in pieces. */
  readonly trainedExperience?: boolean;
}

const TOPK_ACC_METRICS_RULES: OptionRules<TopkAccMetricsOptions> = {
  ...METRIC_FAMILY_RULES,
  topK: wholeNumber(1),
  trainedExperience: flag(),
};

/**
 * Shares of samples whose class has one of the k largest logits: `Topk_3_Acc_MB`, `Topk_3_Acc_Epoch`,
 * `Topk_3_RunningAcc_Epoch` (Avalanche gives it the name of the one before), `Topk_3_Acc_Exp`, `Topk_3_Acc_Stream`,
 * `Topk_3_Acc_On_Trained_Experiences`.
 * @throws {RangeError} If `topK` is not a whole number of at least 1.
 */
export function topkAccMetrics(options: TopkAccMetricsOptions): PluginMetric[] {
  assertOptions("topkAccMetrics", options, TOPK_ACC_METRICS_RULES);
  const { topK = 3 } = options;
  const create = () => countTopK(topK);
  const names = { name: `Topk_${topK}_Acc`, running: `Topk_${topK}_RunningAcc` };
  const family = createMetricFamily(options, names, create);
  if (options.trainedExperience) {
    const { lastTaskLabel = false } = options;
    family.push(
      createTrainedOnlyMetric({ name: `Topk_${topK}_Acc_On_Trained_Experiences`, lastTaskLabel, ...create() }),
    );
  }
  return family;
}

function countTopK(k: number) {
  const metric = new TopKAccuracy(k);
  const update = ({ mbOutput, mbY }: EvaluatedStrategy) => metric.update(mbOutput, mbY);
  return { metric, update, targets: CLASSES_ONLY };
}
