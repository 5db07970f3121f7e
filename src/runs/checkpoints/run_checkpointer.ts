import { isOnlineExperience } from "../../streams/online_experience.ts";
import type { Checkpointer, TrainingCheckpoint } from "../../training/checkpoints/checkpointing.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { CheckpointInterval } from "./checkpoint_interval.ts";

/**
 * An experience of an online stream with fewer iterations costs no snapshot at its start, unless a checkpoint is due.
 */
const FEW_ITERATIONS = 10;

/** When a run makes its checkpoints, and what it does then. */
export interface RunCheckpointerOptions {
  readonly strategy: BaseStrategy;
  readonly interval: CheckpointInterval;
  /** Once aborted, the next iteration's end makes a checkpoint and then throws the signal's reason. */
  readonly signal: AbortSignal | undefined;
  readonly write: (checkpoint: TrainingCheckpoint) => Promise<void>;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
}

/**
 * Decides when checkpoints are made inside experiences. In an online stream, where experiences are tiny, a snapshot at
 * each start would cost more than the training: there one is taken only when a checkpoint is due, which is then made
 * after that experience's first iteration.
 */
export class RunCheckpointer implements Checkpointer {
  readonly #options: RunCheckpointerOptions;
  readonly #now: () => number;
  #lastMs: number;
  #lastIteration = 0;

  constructor(options: RunCheckpointerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#lastMs = this.#now();
  }

  wantsInside(strategy: BaseStrategy): boolean {
    const { interval } = this.#options;
    if (!isOnlineExperience(strategy.experience)) return true;
    const iterations = Math.ceil(strategy.experience.dataset.length / strategy.trainMbSize) * strategy.trainEpochs;
    const enough = interval.kind === "iterations" ? Math.min(FEW_ITERATIONS, interval.iterations) : FEW_ITERATIONS;
    return iterations >= enough || this.isDue();
  }

  isDue(): boolean {
    const { signal, interval, strategy } = this.#options;
    if (signal?.aborted) return true;
    switch (interval.kind) {
      case "iterations":
        return strategy.clock.trainIterations - this.#lastIteration >= interval.iterations;
      case "seconds":
        return this.#now() - this.#lastMs >= interval.seconds * 1000;
    }
  }

  async save(checkpoint: TrainingCheckpoint): Promise<void> {
    const { signal, write } = this.#options;
    await write(checkpoint);
    this.restart();
    signal?.throwIfAborted();
  }

  /** Counts from now: a checkpoint was made, or a run went on from one. */
  restart(): void {
    this.#lastMs = this.#now();
    this.#lastIteration = this.#options.strategy.clock.trainIterations;
  }
}
