import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "./base_strategy.ts";

/** When to evaluate while training; see `StrategyOptions.evalEvery`. */
export interface PeriodicEvalOptions {
  readonly evalEvery: number;
  readonly evalMode: "epoch" | "iteration";
}

/**
 * Evaluates while training: before the first experience, every k epochs (or iterations) counted from 0, and at each
 * experience's end unless its last epoch was evaluated already.
 */
export class PeriodicEval {
  readonly readsOutputs = false;
  readonly name = "PeriodicEval";
  readonly #evalEvery: number;
  readonly #evalMode: "epoch" | "iteration";
  readonly #groups: () => readonly (readonly Experience[])[];

  constructor(options: PeriodicEvalOptions, groups: () => readonly (readonly Experience[])[]) {
    this.#evalEvery = options.evalEvery;
    this.#evalMode = options.evalMode;
    this.#groups = groups;
  }

  async beforeTraining(strategy: BaseStrategy): Promise<void> {
    if (this.#evalEvery > -1) await this.#evaluate(strategy);
  }

  async afterTrainingEpoch(strategy: BaseStrategy): Promise<void> {
    if (this.#evalMode === "epoch" && this.#isDue(strategy.clock.trainExpEpochs)) await this.#evaluate(strategy);
  }

  async afterTrainingIteration(strategy: BaseStrategy): Promise<void> {
    if (this.#evalMode === "iteration" && this.#isDue(strategy.clock.trainExpIterations))
      await this.#evaluate(strategy);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    if (this.#evalEvery === -1) return;
    const lastEpochWasEvaluated = this.#evalMode === "epoch" && this.#isDue(strategy.clock.trainExpEpochs - 1);
    if (!lastEpochWasEvaluated) await this.#evaluate(strategy);
  }

  #isDue(count: number): boolean {
    return this.#evalEvery > 0 && count >= 0 && count % this.#evalEvery === 0;
  }

  async #evaluate(strategy: BaseStrategy): Promise<void> {
    for (const group of this.#groups()) await strategy.eval(group);
  }
}
