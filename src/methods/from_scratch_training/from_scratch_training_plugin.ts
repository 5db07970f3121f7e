import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, vector } from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { restoreStatistics } from "../shared/features/layer_statistics.ts";
import { strategyWith } from "../strategy_with.ts";
import { type FromScratchTrainingOptions, fromScratchTraining } from "./options.ts";

/**
 * Puts the model back to the parameters and the layer state with which training began, before each experience. A
 * baseline: nothing is carried over, but that the classes of a growing head stay known. Units that were added later go
 * back to what they were when they were added.
 * @see Lomonaco et al. 2021, Avalanche, arXiv:2104.00405
 */
export class FromScratchTrainingPlugin implements StrategyPlugin {
  readonly name = "FromScratchTrainingPlugin";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #resetOptimizer: boolean;
  readonly #state = declareState("FromScratchTrainingPlugin", {
    parameters: optional(vector()),
    layerState: optional(vector()),
  });
  readonly state: PluginState = this.#state;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(given: FromScratchTrainingOptions = {}) {
    const options = resolveOptions("FromScratchTrainingPlugin", given, fromScratchTraining.options);
    this.#resetOptimizer = options.resetOptimizer ?? true;
  }

  beforeTraining({ parameters, cluster }: BaseStrategy): void {
    this.#state.parameters ??= Float32Array.from(parameters);
    this.#state.layerState ??= Float32Array.from(cluster.state);
  }

  beforeTrainingExp({ parameters, cluster }: BaseStrategy): void {
    if (this.#state.parameters) parameters.set(this.#state.parameters);
    if (this.#state.layerState) restoreStatistics(cluster, this.#state.layerState);
    if (this.#resetOptimizer) cluster.resetOptimizer();
  }

  afterModelGrowth({ parameters, cluster }: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.parameters) this.#state.parameters = growth.remap(this.#state.parameters, parameters);
    if (this.#state.layerState) this.#state.layerState = growth.remapState(this.#state.layerState, cluster.state);
  }
}

/** Trains each experience from the initial parameters: a `FromScratchTrainingPlugin` after the other plugins. */
export class FromScratchTraining extends strategyWith(FromScratchTrainingPlugin, fromScratchTraining.options) {}

/** By the names under which a list of methods loads them. */
export { FromScratchTraining as strategy, FromScratchTrainingPlugin as plugin };
