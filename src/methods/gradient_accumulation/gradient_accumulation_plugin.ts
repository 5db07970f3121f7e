import { resolveOptions } from "../../core/options/option_schema.ts";
import { parseSavedCount, parseSavedRecord, parseSavedVector, type SavedState } from "../../core/saved_state.ts";
import { addScaled } from "../../core/vector.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { type GradientAccumulationOptions, gradientAccumulation } from "./options.ts";

/**
 * Lets the optimizer step once for several minibatches, along the mean of their gradients weighted by their sizes: what
 * one large minibatch would give, with the memory of a small one. The last minibatches of an epoch make a step of their
 * own.
 */
export class GradientAccumulationPlugin implements StrategyPlugin {
  readonly name = "GradientAccumulationPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #minibatches: number;
  /** Σ size · gradient [P]. */
  #sum = new Float32Array(0);
  #samples = 0;
  #count = 0;

  /** @throws {RangeError} If the number is not a whole one of at least 1. */
  constructor(given: GradientAccumulationOptions) {
    const options = resolveOptions("GradientAccumulationPlugin", given, gradientAccumulation.options);
    this.#minibatches = options.minibatches;
  }

  /** What a stopped epoch has left over is forgotten. */
  beforeTrainingEpoch({ parameters }: BaseStrategy): void {
    this.#forget(parameters.length);
  }

  beforeUpdate(strategy: BaseStrategy): void {
    const { gradient, mbatch, clock, iterationsPerEpoch } = strategy;
    addScaled(this.#sum, gradient, mbatch.length);
    this.#samples += mbatch.length;
    this.#count += 1;
    const isLast = clock.trainEpochIterations + 1 === iterationsPerEpoch;
    if (this.#count < this.#minibatches && !isLast) {
      strategy.skipUpdate();
      return;
    }
    for (let i = 0; i < gradient.length; i++) gradient[i] = (this.#sum[i] ?? 0) / this.#samples;
    this.#forget(gradient.length);
  }

  afterModelGrowth(_strategy: BaseStrategy, growth: ModelGrowth): void {
    if (this.#sum.length > 0) this.#sum = Float32Array.from(growth.remap(this.#sum));
  }

  saveState(): SavedState {
    return { sum: this.#sum.slice(), samples: this.#samples, count: this.#count };
  }

  restoreState(saved: SavedState): void {
    const act = "the saved state of GradientAccumulationPlugin";
    const { sum, samples, count } = parseSavedRecord(act, saved);
    this.#sum = Float32Array.from(parseSavedVector(act, sum));
    this.#samples = parseSavedCount(act, samples);
    this.#count = parseSavedCount(act, count);
  }

  #forget(parameters: number): void {
    if (this.#sum.length === parameters) this.#sum.fill(0);
    else this.#sum = new Float32Array(parameters);
    this.#samples = 0;
    this.#count = 0;
  }
}

/** By the names under which a list of methods loads them. */
export { GradientAccumulationPlugin as plugin };
