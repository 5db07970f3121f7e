import type { TargetKind } from "../data/float_targets.ts";
import { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import { JSONLinesLogger } from "../evaluation/loggers/json_lines_logger.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import { accuracyMetrics } from "../evaluation/metrics/accuracy/accuracy.ts";
import {
  exactMatchMetrics,
  macroF1ForgettingMetrics,
  macroF1Metrics,
} from "../evaluation/metrics/labels/label_metrics.ts";
import { lossMetrics } from "../evaluation/metrics/loss/loss.ts";
import { r2ForgettingMetrics, r2Metrics, rmseMetrics } from "../evaluation/metrics/loss/regression_metrics.ts";
import { bwtMetrics, forgettingMetrics } from "../evaluation/metrics/transfer/forgetting_metrics.ts";
import type { PluginMetric } from "../evaluation/plugin_metric.ts";

/** Whom an evaluator tells, and what it leaves out. */
export interface RunEvaluatorOptions {
  /** Gets the lines of metrics.jsonl. */
  readonly writeLines: (lines: string) => void;
  /** Called beside it. */
  readonly loggers: readonly Logger[];
  /** What the benchmark's targets are. Default: class ids. */
  readonly targets?: TargetKind;
  /** Measured after the others. */
  readonly metrics?: readonly PluginMetric[];
}

/**
 * What a run measures: accuracy and loss, forgetting and backward transfer. Where targets are values: loss, RMSE and
 * R², forgetting by R²; where they are several labels: loss, macro F1 and exact match, forgetting by macro F1.
 */
export function createRunEvaluator(options: RunEvaluatorOptions): EvaluationPlugin {
  const { writeLines, loggers, metrics = [], targets = "classes" } = options;
  return new EvaluationPlugin({
    metrics: [...createRunMetrics(targets), ...metrics],
    loggers: [new JSONLinesLogger({ write: writeLines }), ...loggers],
    // All values are in metrics.jsonl; of a long run they would fill the memory.
    collectAll: false,
  });
}

function createRunMetrics(targets: TargetKind): PluginMetric[] {
  const occasions = { epoch: true, experience: true, stream: true };
  const transfer = { experience: true, stream: true };
  const losses = lossMetrics(occasions);
  switch (targets) {
    case "classes":
      return [...accuracyMetrics(occasions), ...losses, ...forgettingMetrics(transfer), ...bwtMetrics(transfer)];
    case "values":
      return [...losses, ...rmseMetrics(occasions), ...r2Metrics(occasions), ...r2ForgettingMetrics(transfer)];
    case "labels":
      return [
        ...losses,
        ...macroF1Metrics(occasions),
        ...exactMatchMetrics(occasions),
        ...macroF1ForgettingMetrics(transfer),
      ];
  }
}
