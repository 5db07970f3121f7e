import type { SavedState } from "../../core/saved_state.ts";
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
  /**
   * False where it listens to `afterTrainingIteration` and does not look at `mbOutput`: several ranks need not send
   * outputs to each other for it. Default: true.
   */
  readonly readsOutputs?: boolean;
  /**
   * For loggers whose files shall not tell anything twice when a run is resumed: hands everything to the disk and says
   * how far the files have come, with whatever else the logger needs to go on from here.
   */
  saveState?(): SavedState;
  /**
   * Cuts the files back to where `saveState` said that they were; undefined where the run goes on from its beginning.
   * @throws {Error} If what was saved is not there any more; the logger is left out then.
   */
  restoreState?(state: SavedState | undefined): void;
} & { readonly [event in EvaluationEvent]?: (strategy: EvaluatedStrategy, values: readonly MetricValue[]) => void };
