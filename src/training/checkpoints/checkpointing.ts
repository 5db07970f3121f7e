import type { DataSource } from "../../data/data_source.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import type { StrategySnapshot } from "./strategy_snapshot.ts";

/** A place inside an experience's training, between two iterations. */
export interface TrainingPosition {
  /** Experiences that this `train` call had finished. */
  readonly experiences: number;
  readonly epoch: number;
  /** Iterations of the epoch that are done. */
  readonly iteration: number;
  /** The random streams when the epoch's minibatches were dealt. */
  readonly streamsAtEpochStart: Readonly<Record<string, readonly number[]>>;
}

/**
 * Enough to go on from the middle of an experience, bit for bit. Plugins rebuild datasets and loaders in their
 * callbacks, so the experience's beginning is run again from `start`; then everything is set to `now`.
 */
export interface TrainingCheckpoint {
  readonly start: StrategySnapshot;
  readonly now: StrategySnapshot;
  readonly position: TrainingPosition;
}

/** Where to go on. */
export interface TrainingResume extends TrainingCheckpoint {
  /** The benchmark's data sources by name. */
  readonly sources: ReadonlyMap<string, DataSource>;
  /** Called when all is as it was. What plugins and metrics told before that was a repetition. */
  readonly onRestored?: () => void | Promise<void>;
}

/** Who decides when a checkpoint is made, and keeps it. */
export interface Checkpointer {
  /** Asked before an experience: whether checkpoints in its middle may be wanted. They need a snapshot now. */
  wantsInside(strategy: BaseStrategy): boolean;
  /** Asked after every iteration of such an experience. */
  isDue(): boolean;
  /** Keeps a checkpoint; training waits for it. */
  save(checkpoint: TrainingCheckpoint): void | Promise<void>;
}
