import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { EvaluationEvent } from "../evaluation_event.ts";
import type { MetricValue } from "../metric_value.ts";

/**
 * Shows or stores what the metrics report. It listens to those events for which it has a method; `values` are what was
 * reported at that very event, and `logMetrics` got them just before. Values are borrowed for ever: never written to.
 */
export type Logger = {
  /** Gets what the metrics report at one event, in the order of the metrics; never empty. */
  logMetrics(values: readonly MetricValue[]): void;
} & { readonly [event in EvaluationEvent]?: (strategy: EvaluatedStrategy, values: readonly MetricValue[]) => void };
