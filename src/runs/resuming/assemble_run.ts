import { chooseMeasure } from "../../evaluation/measures.ts";
import { collectSources } from "../../streams/benchmark.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { DEFAULT_CHECKPOINT_INTERVAL, parseCheckpointInterval } from "../checkpoints/checkpoint_interval.ts";
import type { RunCheckpoint } from "../checkpoints/run_checkpoint.ts";
import type { TrainingRunOptions } from "../options/training_run_options.ts";
import { rehearseRun } from "../rehearse_run.ts";
import type { RunDirectory } from "../run_directory.ts";
import { createRunEvaluator } from "../run_evaluator.ts";
import { RunMonitor } from "../run_monitor.ts";
import { type RunBeginning, TrainingRun } from "../training_run.ts";

/** Where a run writes, and from where it goes on. */
export interface RunOpening {
  readonly directory: RunDirectory;
  readonly checkpoint: RunCheckpoint | undefined;
  readonly beginning: RunBeginning;
}

/**
 * Makes a run's strategy, and then what it needs of its folder: a strategy that is refused leaves nothing behind.
 * @throws {RangeRefusal} If two data sets have one name: a run that goes on finds them by their names; or the measure
 *   is about other targets.
 */
export async function assembleRun<Config>(
  options: TrainingRunOptions<Config>,
  open: (strategy: BaseStrategy) => Promise<RunOpening>,
): Promise<TrainingRun<Config>> {
  const { loggers = [], metrics = [], signal } = options;
  const { checkpointEvery = parseCheckpointInterval(DEFAULT_CHECKPOINT_INTERVAL) } = options;
  collectSources(options.benchmark);
  let opening: RunOpening | undefined;
  const form = readTargetForm(options.benchmark);
  const measure = chooseMeasure(form, options.measure);
  const monitor = new RunMonitor({ signal, measure });
  const evaluator = createRunEvaluator({
    targets: form.kind,
    writeLines: (lines) => opening?.directory.metrics.append(lines),
    loggers,
    metrics,
  });
  const strategy = await options.createStrategy({ evaluator, plugins: [monitor] });
  try {
    rehearseRun(strategy, options.benchmark);
    opening = await open(strategy);
    return new TrainingRun(options, { ...opening, strategy, evaluator, monitor, measure, checkpointEvery });
  } catch (error) {
    opening?.directory.close();
    await strategy.close();
    throw error;
  }
}
