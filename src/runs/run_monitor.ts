import type { SavedState } from "../core/saved_state.ts";
import { readSaved } from "../core/state/field.ts";
import { count, mapById, number, optional, record } from "../core/state/state.ts";
import { type MeasureName, measureOf } from "../evaluation/measures.ts";
import type { FedMetric } from "../evaluation/metric_family.ts";
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

/** What a monitor watches. */
export interface RunMonitorOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: accuracy. */
  readonly measure?: MeasureName;
  /** Milliseconds that only go up. */
  readonly now?: () => number;
}

/**
 * What a run needs to know of its strategy, whatever its evaluator measures: how long training took, how many samples
 * passed, the run's measure on each evaluated experience. It also ends an evaluation outside training when `signal`
 * says so.
 */
export class RunMonitor implements StrategyPlugin {
  readonly name = "RunMonitor";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly readsOutputs = false;
  /** Samples in all training minibatches. */
  trainedSamples = 0;
  /**
   * Of all `train` calls, from the first callback to every plugin's work after the last experience, without
   * evaluations.
   */
  trainSeconds = 0;
  evalSeconds = 0;
  /** The latest accuracy, or other measure, on each experience that was evaluated, by its number. */
  readonly accuracies = new Map<number, number>();
  readonly #signal: AbortSignal | undefined;
  readonly #now: () => number;
  /** Of the experience that is being evaluated. */
  readonly #measure: FedMetric;
  /** Of the whole evaluation, where that does not follow from experiences. */
  readonly #streamMeasure: FedMetric | undefined;
  #isTraining = false;
  #iterationsAfterStop = 0;
  #trainStart = 0;
  #evalStart = 0;
  #evalSecondsBefore = 0;

  constructor({ signal, measure = "accuracy", now = () => performance.now() }: RunMonitorOptions = {}) {
    this.#signal = signal;
    this.#now = now;
    this.#measure = measureOf(measure).create();
    this.#streamMeasure = measure === "accuracy" ? undefined : measureOf(measure).create();
  }

  /** The measure over all samples of the last evaluation; undefined for accuracy, which the experiences' give. */
  get streamValue(): number | undefined {
    return this.#streamMeasure?.metric.result();
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
    this.#streamMeasure?.metric.reset();
  }

  beforeEvalExp(): void {
    this.#measure.metric.reset();
  }

  beforeEvalIteration(): void {
    if (!this.#isTraining) this.#signal?.throwIfAborted();
  }

  afterEvalIteration(strategy: BaseStrategy): void {
    this.#measure.update(strategy);
    this.#streamMeasure?.update(strategy);
  }

  afterEvalExp(strategy: BaseStrategy): void {
    this.accuracies.set(strategy.experience.currentExperience, this.#measure.metric.result());
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
