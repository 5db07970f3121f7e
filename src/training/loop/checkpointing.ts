import { RangeRefusal } from "../../core/errors/errors.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { BaseStrategy } from "./base_strategy.ts";
import { restoreSnapshot, type StrategySnapshot, takeSnapshot } from "./strategy_snapshot.ts";

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

/** One `train` call's bookkeeping for checkpoints: where it stands, and how to get back there. */
export class CheckpointKeeper {
  readonly #strategy: BaseStrategy;
  readonly #checkpointer: Checkpointer | undefined;
  #resume: TrainingResume | undefined;
  #start: StrategySnapshot | undefined;
  #streamsAtEpochStart: Readonly<Record<string, readonly number[]>> = {};
  #experiences = 0;
  #epoch = 0;
  #iteration = 0;

  constructor(strategy: BaseStrategy, options: { checkpointer?: Checkpointer; resume?: TrainingResume }) {
    this.#strategy = strategy;
    this.#checkpointer = options.checkpointer;
    this.#resume = options.resume;
    this.#experiences = options.resume?.position.experiences ?? 0;
  }

  get isResuming(): boolean {
    return this.#resume !== undefined;
  }

  /** Called before an experience's first callback; brings a resumed strategy back to that moment. */
  async beginExperience(): Promise<void> {
    if (this.#resume) {
      await restoreSnapshot(this.#strategy, this.#resume.start, this.#resume.sources);
      this.#start = this.#resume.start;
      return;
    }
    this.#start = this.#checkpointer?.wantsInside(this.#strategy) ? takeSnapshot(this.#strategy) : undefined;
  }

  /** The epoch to begin with. */
  get firstEpoch(): number {
    return this.#resume?.position.epoch ?? 0;
  }

  /** The epoch's minibatches; in a resumed epoch those that are left, with everything set to where it stood. */
  async beginEpoch(epoch: number): Promise<Iterable<Dataset>> {
    const { randomStreams, dataloader } = this.#strategy;
    this.#epoch = epoch;
    this.#iteration = 0;
    const resume = this.#resume;
    if (!resume) {
      if (this.#start) this.#streamsAtEpochStart = randomStreams.save();
      return dataloader.iterate();
    }
    this.#resume = undefined;
    this.#streamsAtEpochStart = resume.position.streamsAtEpochStart;
    randomStreams.restore(this.#streamsAtEpochStart);
    const minibatches = dataloader.iterate()[Symbol.iterator]();
    const { iteration } = resume.position;
    for (; this.#iteration < iteration; this.#iteration++) {
      if (!minibatches.next().done) continue;
      throw new RangeRefusal(`position.iteration must be at most ${this.#iteration}, got ${iteration}`);
    }
    await restoreSnapshot(this.#strategy, resume.now, resume.sources);
    await resume.onRestored?.();
    return { [Symbol.iterator]: () => minibatches };
  }

  /** Called after an iteration's last callback. */
  async endIteration(): Promise<void> {
    this.#iteration += 1;
    if (!this.#start || !this.#checkpointer?.isDue()) return;
    const position = {
      experiences: this.#experiences,
      epoch: this.#epoch,
      iteration: this.#iteration,
      streamsAtEpochStart: this.#streamsAtEpochStart,
    };
    await this.#checkpointer.save({ start: this.#start, now: takeSnapshot(this.#strategy), position });
  }

  /**
   * Called after an experience's last callback.
   * @throws {RangeRefusal} If it was to be resumed in an epoch that it does not have.
   */
  endExperience(): void {
    const epoch = this.#resume?.position.epoch;
    if (epoch !== undefined) {
      const { trainEpochs } = this.#strategy;
      throw new RangeRefusal(`position.epoch must be one of the experience's ${trainEpochs} epochs, got ${epoch}`);
    }
    this.#experiences += 1;
  }
}
