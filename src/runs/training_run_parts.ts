import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import type { MeasureName } from "../evaluation/measures.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import type { CheckpointInterval } from "./checkpoints/checkpoint_interval.ts";
import type { RunCheckpoint } from "./checkpoints/run_checkpoint.ts";
import type { RunDirectory } from "./run_directory.ts";
import type { RunMonitor } from "./run_monitor.ts";

/**
 * How a run begins: in a folder of its own, where it was interrupted, or where it had ended, with more experiences.
 * Another process may have left something in the folder unless it is "new".
 */
export type RunBeginning = "new" | "resumed" | "continued";

/** What `createTrainingRun`, `resumeTrainingRun` and `continueTrainingRun` put together. */
export interface TrainingRunParts {
  readonly directory: RunDirectory;
  readonly strategy: BaseStrategy;
  readonly evaluator: EvaluationPlugin;
  readonly monitor: RunMonitor;
  readonly measure: MeasureName;
  readonly checkpointEvery: CheckpointInterval;
  /** Where to go on; undefined from the beginning. */
  readonly checkpoint: RunCheckpoint | undefined;
  readonly beginning: RunBeginning;
}
