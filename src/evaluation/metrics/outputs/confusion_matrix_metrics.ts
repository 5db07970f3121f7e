import { assertOptions } from "../../../core/options/assert_options.ts";
import { createMetricKey } from "../../metric_key.ts";
import { createReportingMetric, type PluginMetric } from "../../plugin_metric.ts";
import { CONFUSION_MATRIX_RULES, ConfusionMatrix, type ConfusionMatrixOptions } from "./confusion_matrix.ts";

/**
 * `ConfusionMatrix_Stream`: samples of all evaluated experiences by true class (row) and predicted class (column), at
 * the end of every evaluation.
 * @throws {RangeError} If `numClasses` is not a whole number.
 */
export function confusionMatrixMetrics(options: ConfusionMatrixOptions = {}): PluginMetric[] {
  assertOptions("confusionMatrixMetrics", options, CONFUSION_MATRIX_RULES);
  const name = "ConfusionMatrix_Stream";
  const metric = new ConfusionMatrix(options);
  return [
    createReportingMetric({
      name,
      metric,
      update: ({ mbOutput, mbY }) => metric.update(mbOutput, mbY),
      mode: "eval",
      resetAt: "stream",
      emitAt: "stream",
      report: (value, { experience }) => [
        { key: createMetricKey({ name, phase: "eval", streamName: experience.originStream.name }), value },
      ],
    }),
  ];
}
