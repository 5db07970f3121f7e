import { accuracyMetrics } from "../evaluation/accuracy_metrics.ts";
import { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import { bwtMetrics, forgettingMetrics } from "../evaluation/forgetting_metrics.ts";
import { JSONLinesLogger } from "../evaluation/loggers/json_lines_logger.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import { lossMetrics } from "../evaluation/loss_metrics.ts";

/**
 * What a run measures: accuracy and loss, forgetting and backward transfer. `writeLines` gets the lines of
 * metrics.jsonl; `loggers` are called beside it.
 */
export function createRunEvaluator(writeLines: (lines: string) => void, loggers: readonly Logger[]): EvaluationPlugin {
  const occasions = { epoch: true, experience: true, stream: true };
  const transfer = { experience: true, stream: true };
  return new EvaluationPlugin({
    metrics: [
      ...accuracyMetrics(occasions),
      ...lossMetrics(occasions),
      ...forgettingMetrics(transfer),
      ...bwtMetrics(transfer),
    ],
    loggers: [new JSONLinesLogger({ write: writeLines }), ...loggers],
  });
}
