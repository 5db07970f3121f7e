import { Accuracy } from "../evaluation/metrics/accuracy.ts";
import type { BaseStrategy } from "../training/base_strategy.ts";
import type { StrategyPlugin } from "../training/strategy_plugin.ts";

/**
 * What a run needs to know of its strategy, whatever its evaluator measures: how long training took, how many samples
 * passed, the accuracy on each evaluated experience. It also ends the loop between two iterations when `signal` says so.
 */
export class RunMonitor implements StrategyPlugin {
  readonly name = "RunMonitor";
  /** Samples in all training minibatches. */
  trainedSamples = 0;
  /** Of all `train` calls, from the first callback to every plugin's work after the last experience, without evaluations. */
  trainSeconds = 0;
  evalSeconds = 0;
  /** The latest accuracy on each experience that was evaluated, by its number. */
  readonly accuracies = new Map<number, number>();
  readonly #signal: AbortSignal | undefined;
  readonly #now: () => number;
  readonly #accuracy = new Accuracy();
  #trainStart = 0;
  #evalStart = 0;
  #evalSecondsBefore = 0;

  /** @param now Milliseconds that only go up. */
  constructor(signal: AbortSignal | undefined, now: () => number = () => performance.now()) {
    this.#signal = signal;
    this.#now = now;
  }

  beforeTraining(): void {
    this.#trainStart = this.#now();
    this.#evalSecondsBefore = this.evalSeconds;
  }

  beforeTrainingIteration(): void {
    this.#signal?.throwIfAborted();
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    this.trainedSamples += strategy.mbatch.length;
  }

  afterTraining(): void {
    const evalSecondsWithin = this.evalSeconds - this.#evalSecondsBefore;
    this.trainSeconds += (this.#now() - this.#trainStart) / 1000 - evalSecondsWithin;
  }

  beforeEval(): void {
    this.#evalStart = this.#now();
  }

  beforeEvalExp(): void {
    this.#accuracy.reset();
  }

  beforeEvalIteration(): void {
    this.#signal?.throwIfAborted();
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
}
