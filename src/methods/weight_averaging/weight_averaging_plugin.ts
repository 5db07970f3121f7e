import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, vector } from "../../core/state/state.ts";
import { flushTiny } from "../../core/vector.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { type WeightAveragingOptions, weightAveraging } from "./options.ts";

/**
 * Keeps an exponential moving average of the parameters, θ̄ ← d·θ̄ + (1 − d)·θ after each step, from the parameters
 * with which training began. Layer state is not averaged. Where evaluations compute with the average, the exported
 * model holds it.
 * @see Tarvainen and Valpola 2017, Mean teachers are better role models, arXiv:1703.01780
 */
export class WeightAveragingPlugin implements StrategyPlugin {
  readonly name = "WeightAveragingPlugin";
  readonly readsOutputs = false;
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #options: ResolvedOptions<typeof weightAveraging.options>;
  #trained: Float32Array | undefined;
  readonly #state = declareState(
    "WeightAveragingPlugin",
    { average: optional(vector()) },
    {
      restored: () => {
        this.#trained = undefined;
      },
    },
  );
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If the decay is out of range. */
  constructor(given: WeightAveragingOptions = {}) {
    this.#options = resolveOptions("WeightAveragingPlugin", given, weightAveraging.options);
  }

  /** θ̄ [P]; undefined before training. Borrowed, and live. */
  get average(): Float32Array | undefined {
    return this.#state.average;
  }

  get extraParameters(): readonly Float32Array[] {
    return this.#state.average ? [this.#state.average] : [];
  }

  beforeTrainingExp({ parameters }: BaseStrategy): void {
    this.#state.average ??= Float32Array.from(parameters);
  }

  afterUpdate({ parameters }: BaseStrategy): void {
    if (this.#state.average) followAverage(this.#state.average, parameters, this.#options.decay);
  }

  afterTrainingExp({ parameters }: BaseStrategy): void {
    if (this.#state.average && this.#options.adoptAverage) parameters.set(this.#state.average);
  }

  beforeEval({ parameters }: BaseStrategy): void {
    if (!this.#state.average || !this.#options.evaluateAverage) return;
    this.#trained = Float32Array.from(parameters);
    parameters.set(this.#state.average);
  }

  afterEval({ parameters }: BaseStrategy): void {
    if (this.#trained) parameters.set(this.#trained);
    this.#trained = undefined;
  }

  /** The network as it is, with the average for its parameters. */
  predictionHead(): undefined {}

  predictionHeadForm(): undefined {}

  /** An evaluation may let heads grow, too. */
  afterModelGrowth({ parameters }: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.average) this.#state.average = growth.remap(this.#state.average, parameters);
    if (this.#trained) this.#trained = growth.remap(this.#trained, parameters);
  }
}

/** average ← decay · average + (1 − decay) · parameters, in place; both [P]. */
function followAverage(average: Float32Array, parameters: Float32Array, decay: number): void {
  for (let i = 0; i < average.length; i++) {
    average[i] = flushTiny(decay * (average[i] ?? 0) + (1 - decay) * (parameters[i] ?? 0));
  }
}

/** By the names under which a list of methods loads them. */
export { WeightAveragingPlugin as plugin };
