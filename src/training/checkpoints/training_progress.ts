import { RangeRefusal } from "../../core/errors/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import type { CallbackName } from "../loop/callbacks.ts";
import type { Checkpointer, TrainingResume } from "./checkpointing.ts";
import { restoreSnapshot, type StrategySnapshot, takeSnapshot } from "./strategy_snapshot.ts";

/**
 * How far one `train` call has come: deals out epochs and minibatches, has checkpoints made between them, and begins
 * where an interrupted call stood.
 */
export class TrainingProgress {
  readonly #strategy: BaseStrategy;
  readonly #checkpointer: Checkpointer | undefined;
  /** There until everything is as it was. */
  #resume: TrainingResume | undefined;
  #start: StrategySnapshot | undefined;
  #streamsAtEpochStart: Readonly<Record<string, readonly number[]>> = {};
  #experiences = 0;
  #epoch = 0;
  #iteration = 0;

  constructor(strategy: BaseStrategy, options: { checkpointer?: Checkpointer; resume?: TrainingResume } = {}) {
    this.#strategy = strategy;
    this.#checkpointer = options.checkpointer;
    this.#resume = options.resume;
    this.#experiences = options.resume?.position.experiences ?? 0;
  }

  /**
   * True for a callback that the interrupted call made before the resumed epoch. Those that make datasets and loaders
   * are called again; what the others did is restored.
   */
  isPast(callback: CallbackName): boolean {
    return this.#resume !== undefined && (callback === "beforeTraining" || callback === "beforeTrainingEpoch");
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

  /** The current experience's epochs; a change of `trainEpochs` holds at once. */
  *epochs(): Iterable<number> {
    for (this.#epoch = this.#resume?.position.epoch ?? 0; this.#epoch < this.#strategy.trainEpochs; this.#epoch++) {
      yield this.#epoch;
    }
  }

  /**
   * The dataloader's minibatches for the current epoch; in a resumed epoch those that are left, with everything set to
   * where it stood.
   */
  async *minibatches(): AsyncIterable<Dataset> {
    for (const samples of await this.#beginEpoch()) {
      yield samples;
      await this.#endIteration();
    }
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

  async #beginEpoch(): Promise<Iterable<Dataset>> {
    const { randomStreams, dataloader } = this.#strategy;
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

  async #endIteration(): Promise<void> {
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
}
