import { chooseMeasure } from "../evaluation/measures.ts";
import { readTargetForm } from "../streams/benchmark_targets.ts";
import type { Benchmark } from "../streams/experience.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import { Rehearsal } from "../training/loop/rehearsal.ts";
import { rehearseExport } from "./exports/rehearse_export.ts";
import type { TrainingRunOptions } from "./options/training_run_options.ts";
import { createRunEvaluator } from "./run_evaluator.ts";
import { isTrainedOnline, listTrainingUnits } from "./training_units.ts";

/**
 * Goes through all that a run will train on, by numbers of samples alone, before its folder is made.
 * @throws {RangeRefusal} If an experience cannot be trained, with what to change.
 */
export function rehearseRun(strategy: BaseStrategy, benchmark: Benchmark): void {
  const { trainsJointly, dropLast } = strategy;
  const rehearsal = new Rehearsal(strategy, dropLast);
  const isFirstEnough = rehearsal.isPlain && isTrainedOnline(benchmark);
  for (const { experience, parts } of listTrainingUnits(benchmark, { jointly: trainsJointly })) {
    for (const part of trainsJointly ? [experience] : parts) {
      rehearsal.admit(part);
      // The pieces of an online stream are made when they are asked for: thousands of times for nothing.
      if (isFirstEnough) return;
    }
  }
}

/** What of a run is rehearsed. */
type RehearsedRun = Pick<
  TrainingRunOptions<unknown>,
  "benchmark" | "createStrategy" | "metrics" | "measure" | "exportForm" | "exportsModels" | "keepAdapters"
>;

/**
 * Makes the strategy of a run and rehearses the run. It makes no folder.
 * @throws {Error} If the run would be refused.
 */
export async function rehearseTrainingRun(options: RehearsedRun): Promise<void> {
  const { metrics = [], benchmark, measure } = options;
  const form = readTargetForm(benchmark);
  chooseMeasure(form, measure);
  const evaluator = createRunEvaluator({ writeLines: () => {}, loggers: [], metrics, targets: form.kind });
  const strategy = await options.createStrategy({ evaluator, plugins: [] });
  try {
    rehearseRun(strategy, benchmark);
    await rehearseExport(strategy, options);
  } finally {
    await strategy.close();
  }
}
