import { resolveOptions } from "../../core/options/option_schema.ts";
import { count, declareState, vector } from "../../core/state/state.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
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
  readonly #state = declareState("GradientAccumulationPlugin", {
    /** Σ size · gradient [P]. */
    sum: vector(),
    samples: count(),
    count: count(),
  });
  readonly state: PluginState = this.#state;

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
    addScaled(this.#state.sum, gradient, mbatch.length);
    this.#state.samples += mbatch.length;
    this.#state.count += 1;
    const isLast = clock.trainEpochIterations + 1 === iterationsPerEpoch;
    if (this.#state.count < this.#minibatches && !isLast) {
      strategy.skipUpdate();
      return;
    }
    const { sum, samples } = this.#state;
    for (let i = 0; i < gradient.length; i++) gradient[i] = (sum[i] ?? 0) / samples;
    this.#forget(gradient.length);
  }

  afterModelGrowth(_strategy: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.sum.length > 0) this.#state.sum = growth.remap(this.#state.sum);
  }

  #forget(parameters: number): void {
    if (this.#state.sum.length === parameters) this.#state.sum.fill(0);
    else this.#state.sum = new Float32Array(parameters);
    this.#state.samples = 0;
    this.#state.count = 0;
  }
}

/** By the names under which a list of methods loads them. */
export { GradientAccumulationPlugin as plugin };
