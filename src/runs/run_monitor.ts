import type { SavedState } from "../core/saved_state.ts";
import { readSaved } from "../core/state/field.ts";
import { count, mapById, number, optional, record } from "../core/state/state.ts";
import { Accuracy } from "../evaluation/metrics/accuracy/accuracy.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import type { Trait } from "../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../training/loop/strategy_plugin.ts";

/**
 * Iterations that training may go on after `signal` says stop. The checkpoint that is made then ends it much sooner;
 * this is for loops of their own that make none.
 */
const MAX_ITERATIONS_AFTER_STOP = 100;

const FIGURES = record({
  trainedSamples: count(),
  trainSeconds: number(),
  evalSeconds: number(),
  callSeconds: optional(number()),
  accuracies: mapById(number()),
});

/**
 * What a run needs to know of its strategy, whatever its evaluator measures: how long training took, how many samples
 * passed, the accuracy on each evaluated experience. It also ends an evaluation outside training when `signal` says so.
 */
export class RunMonitor implements StrategyPlugin {
  readonly name = "RunMonitor";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  /** Samples in all training minibatches. */
  trainedSamples = 0;
  /**
   * Of all `train` calls, from the first callback to every plugin's work after the last experience, without
   * evaluations.
   */
  trainSeconds = 0;
  evalSeconds = 0;
  /** The latest accuracy on each experience that was evaluated, by its number. */
  readonly accuracies = new Map<number, number>();
  readonly #signal: AbortSignal | undefined;
  readonly #now: () => number;
  readonly #accuracy = new Accuracy();
  #isTraining = false;
  #iterationsAfterStop = 0;
  #trainStart = 0;
  #evalStart = 0;
  #evalSecondsBefore = 0;

  /** @param now Milliseconds that only go up. */
  constructor(signal: AbortSignal | undefined, now: () => number = () => performance.now()) {
    this.#signal = signal;
    this.#now = now;
  }

  beforeTraining(): void {
    this.#beginTraining(0);
  }

  beforeTrainingIteration(): void {
    if (!this.#signal?.aborted) return;
    this.#iterationsAfterStop += 1;
    if (this.#iterationsAfterStop > MAX_ITERATIONS_AFTER_STOP) this.#signal.throwIfAborted();
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    this.trainedSamples += strategy.mbatch.length;
  }

  afterTraining(): void {
    this.trainSeconds += this.#measureTraining();
    this.#isTraining = false;
  }

  beforeEval(): void {
    this.#evalStart = this.#now();
  }

  beforeEvalExp(): void {
    this.#accuracy.reset();
  }

  beforeEvalIteration(): void {
    if (!this.#isTraining) this.#signal?.throwIfAborted();
  }

  afterEvalIteration(strategy: BaseStrategy): void {
    this.#accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: BaseStrategy): void {
    this.accuracies.set(strategy.experience.currentExperience, this.#accuracy.result());
  }

  afterEval(): void {
    this.evalSeconds += (this.#now() - this.#evalStart) / 1000;
  }

  /**
   * Seconds of a `train` call that is under way go along, so that the time between two processes counts for nothing.
   */
  saveState(): SavedState {
    const { trainedSamples, trainSeconds, evalSeconds, accuracies } = this;
    const callSeconds = this.#isTraining ? this.#measureTraining() : undefined;
    return FIGURES.save({ trainedSamples, trainSeconds, evalSeconds, callSeconds, accuracies });
  }

  restoreState(saved: SavedState): void {
    const { callSeconds, ...figures } = readSaved(FIGURES, saved, { owner: "a run's figures", context: undefined });
    Object.assign(this, figures);
    this.#isTraining = false;
    if (callSeconds !== undefined) this.#beginTraining(callSeconds);
  }

  #beginTraining(secondsBefore: number): void {
    this.#isTraining = true;
    this.#trainStart = this.#now() - secondsBefore * 1000;
    this.#evalSecondsBefore = this.evalSeconds;
  }

  /** Seconds of the `train` call so far, without the evaluations in it. */
  #measureTraining(): number {
    const evalSecondsWithin = this.evalSeconds - this.#evalSecondsBefore;
    return (this.#now() - this.#trainStart) / 1000 - evalSecondsWithin;
  }
}
