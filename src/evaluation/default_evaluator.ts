import { EvaluationPlugin } from "./evaluation_plugin.ts";
import { restrictTo, silenceMisfits } from "./fitting_metrics.ts";
import { InteractiveLogger } from "./loggers/interactive_logger.ts";
import { accuracyMetrics } from "./metrics/accuracy/accuracy.ts";
import { exactMatchMetrics, macroF1Metrics } from "./metrics/labels/label_metrics.ts";
import { lossMetrics } from "./metrics/loss/loss.ts";
import { r2Metrics, rmseMetrics } from "./metrics/loss/regression_metrics.ts";

/**
 * What a strategy is evaluated with unless it is told otherwise: loss and accuracy, shown on standard output; RMSE and
 * R² in place of accuracy where targets are values, macro F1 and exact match where they are several labels.
 */
export function defaultEvaluator(): EvaluationPlugin {
  const occasions = { epoch: true, experience: true, stream: true };
  return new EvaluationPlugin({
    metrics: [
      ...silenceMisfits(accuracyMetrics(occasions)),
      ...lossMetrics(occasions),
      ...silenceMisfits([
        ...restrictTo(["values"], [...rmseMetrics(occasions), ...r2Metrics(occasions)]),
        ...macroF1Metrics(occasions),
        ...exactMatchMetrics(occasions),
      ]),
    ],
    loggers: [new InteractiveLogger()],
  });
}
