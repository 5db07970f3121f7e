import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import { chooseMeasure, type MeasureName } from "../evaluation/measures.ts";
import { readTargetForm } from "../streams/benchmark_targets.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import type { TrainingRunOptions } from "./options/training_run_options.ts";
import { createRunEvaluator } from "./run_evaluator.ts";
import { RunMonitor } from "./run_monitor.ts";

/** A run's strategy with what the run watches it by. */
export interface RunStrategy {
  /** The caller closes it. */
  readonly strategy: BaseStrategy;
  readonly evaluator: EvaluationPlugin;
  readonly monitor: RunMonitor;
  readonly measure: MeasureName;
}

/** What a run's strategy is made of. */
type StrategyParts = Pick<
  TrainingRunOptions<unknown>,
  "benchmark" | "createStrategy" | "loggers" | "metrics" | "measure" | "signal"
>;

/**
 * Makes the strategy of a run, with the plugins and metrics that its checkpoints know.
 * @param writeLines Gets the lines of metrics.jsonl.
 * @throws {RangeRefusal} If the measure is about other targets.
 */
export async function createRunStrategy(
  options: StrategyParts,
  writeLines: (lines: string) => void,
): Promise<RunStrategy> {
  const { loggers = [], metrics = [], signal } = options;
  const form = readTargetForm(options.benchmark);
  const measure = chooseMeasure(form, options.measure);
  const monitor = new RunMonitor({ signal, measure });
  const evaluator = createRunEvaluator({ targets: form.kind, writeLines, loggers, metrics });
  const strategy = await options.createStrategy({ evaluator, plugins: [monitor] });
  return { strategy, evaluator, monitor, measure };
}
