import type { Checkpointer, TrainingResume } from "./checkpointing.ts";
import type { EvalStreams } from "./eval_streams.ts";

/** How `train` goes about it. */
export interface TrainOptions {
  /** What to evaluate while training, each element on its own; the experiences being trained if left out. */
  readonly evalStreams?: EvalStreams;
  /** True forgets momentum and moments of earlier experiences. */
  readonly resetOptimizerState?: boolean;
  /** Makes checkpoints in the middle of experiences. */
  readonly checkpointer?: Checkpointer;
  /** Goes on inside the first of the experiences, which must be the one that the checkpoint was made in. */
  readonly resume?: TrainingResume;
}
