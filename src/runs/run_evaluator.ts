import { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import { JSONLinesLogger } from "../evaluation/loggers/json_lines_logger.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import { accuracyMetrics } from "../evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../evaluation/metrics/loss/loss.ts";
import { bwtMetrics, forgettingMetrics } from "../evaluation/metrics/transfer/forgetting_metrics.ts";
import type { PluginMetric } from "../evaluation/plugin_metric.ts";

/** Whom an evaluator tells, and what it leaves out. */
export interface RunEvaluatorOptions {
  /** Gets the lines of metrics.jsonl. */
  readonly writeLines: (lines: string) => void;
  /** Called beside it. */
  readonly loggers: readonly Logger[];
  /** Measured after the others. */
  readonly metrics?: readonly PluginMetric[];
}

/** What a run measures: accuracy and loss, forgetting and backward transfer. */
export function createRunEvaluator(options: RunEvaluatorOptions): EvaluationPlugin {
  const { writeLines, loggers, metrics = [] } = options;
  const occasions = { epoch: true, experience: true, stream: true };
  const transfer = { experience: true, stream: true };
  return new EvaluationPlugin({
    metrics: [
      ...accuracyMetrics(occasions),
      ...lossMetrics(occasions),
      ...forgettingMetrics(transfer),
      ...bwtMetrics(transfer),
      ...metrics,
    ],
    loggers: [new JSONLinesLogger({ write: writeLines }), ...loggers],
  });
}
