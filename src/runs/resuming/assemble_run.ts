import { collectSources } from "../../streams/benchmark.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { assertJudged } from "../acceptance/assert_judged.ts";
import { DEFAULT_CHECKPOINT_INTERVAL, parseCheckpointInterval } from "../checkpoints/checkpoint_interval.ts";
import type { RunCheckpoint } from "../checkpoints/run_checkpoint.ts";
import { rehearseExport } from "../exports/rehearse_export.ts";
import type { TrainingRunOptions } from "../options/training_run_options.ts";
import { rehearseRun } from "../rehearse_run.ts";
import type { RunDirectory } from "../run_directory.ts";
import { createRunStrategy } from "../run_strategy.ts";
import { TrainingRun } from "../training_run.ts";
import type { RunBeginning } from "../training_run_parts.ts";

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
  const { checkpointEvery = parseCheckpointInterval(DEFAULT_CHECKPOINT_INTERVAL) } = options;
  collectSources(options.benchmark);
  let opening: RunOpening | undefined;
  const made = await createRunStrategy(options, (lines) => opening?.directory.metrics.append(lines));
  const { strategy } = made;
  try {
    assertJudged(options, strategy);
    rehearseRun(strategy, options.benchmark);
    await rehearseExport(strategy, options);
    opening = await open(strategy);
    return new TrainingRun(options, { ...opening, ...made, checkpointEvery });
  } catch (error) {
    opening?.directory.close();
    await strategy.close();
    throw error;
  }
}
