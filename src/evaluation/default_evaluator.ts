import { EvaluationPlugin } from "./evaluation_plugin.ts";
import { InteractiveLogger } from "./loggers/interactive_logger.ts";
import { accuracyMetrics } from "./metrics/accuracy/accuracy.ts";
import { lossMetrics } from "./metrics/loss/loss.ts";

/** What a strategy is evaluated with unless it is told otherwise: accuracy and loss, shown on standard output. */
export function defaultEvaluator(): EvaluationPlugin {
  const occasions = { epoch: true, experience: true, stream: true };
  return new EvaluationPlugin({
    metrics: [...accuracyMetrics(occasions), ...lossMetrics(occasions)],
    loggers: [new InteractiveLogger()],
  });
}
