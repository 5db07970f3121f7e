import type { OptionRules } from "../../core/options/assert_options.ts";
import { anything, flag, objectLike } from "../../core/options/value_rules.ts";
import type { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import type { Checkpointer, TrainingResume } from "../checkpoints/checkpointing.ts";
import type { EvalStreams } from "./eval_streams.ts";

/** What a call of `train` or `eval` measured: the last value of each key that it reported. */
export type LastMetrics = ReturnType<EvaluationPlugin["getLastMetrics"]>;

/** How `train` goes about it. */
export interface TrainOptions {
  /** What to evaluate while training, each element on its own. Default: the experiences being trained. */
  readonly evalStreams?: EvalStreams;
  /**
   * False leaves an experience's samples in their order, in every epoch of this call; a memory's samples go through in
   * theirs. Default: true.
   */
  readonly shuffle?: boolean;
  /** Leaves a last, smaller minibatch out of each epoch of this call. Default: the strategy's own `dropLast`. */
  readonly dropLast?: boolean;
  /** True forgets momentum and moments of earlier experiences. */
  readonly resetOptimizerState?: boolean;
  /** Makes checkpoints in the middle of experiences. */
  readonly checkpointer?: Checkpointer;
  /** Goes on inside the first of the experiences, which must be the one that the checkpoint was made in. */
  readonly resume?: TrainingResume;
}

/** What `TrainOptions` may be. Streams are looked at where they are listed. */
export const TRAIN_RULES: OptionRules<TrainOptions> = {
  evalStreams: anything(),
  shuffle: flag(),
  dropLast: flag(),
  resetOptimizerState: flag(),
  checkpointer: objectLike("a checkpointer", "wantsInside", "isDue", "save"),
  resume: objectLike("a checkpoint with its sources", "start", "now", "position", "sources"),
};
