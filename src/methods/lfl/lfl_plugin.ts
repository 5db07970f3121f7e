import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, part } from "../../core/state/state.ts";
import { endsExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { halfSquaredDistance, meanSquaredDistance } from "../../training/losses/feature_losses.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { findOutputLayer } from "../../training/model/named_layer.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { FeatureAnchor } from "../shared/features/feature_anchor.ts";
import { HeldParameters, heldParameters } from "../shared/importances/held_parameters.ts";
import type { PerExperience } from "../shared/method_options.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { strategyWith } from "../strategy_with.ts";
import { type LFLOptions, lfl } from "./options.ts";

/**
 * Less-forgetting learning: from the second experience on, adds λ · ½‖f(x) − f_old(x)‖², the mean over the minibatch,
 * with f the features before the last layer and f_old those of the model at the last experience's end, and holds the
 * last layer, so that decision boundaries stay. Units that a growing head gains are not held until they were trained.
 * Features are compared without dropout. The pieces of an online stream are one experience, which is over with its last
 * piece.
 * @see Jung et al. 2016, Less-forgetting Learning in Deep Neural Networks, arXiv:1607.00122
 */
export class LFLPlugin implements StrategyPlugin {
  readonly name = "LFLPlugin";
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly #lambda: PerExperience;
  readonly #anchor: FeatureAnchor;
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: LFLOptions) {
    const options = resolveOptions("LFLPlugin", given, lfl.options);
    const { lambda, layerName, compatibility } = options;
    this.#lambda = lambda;
    const distance = compatibility === "avalanche" ? meanSquaredDistance : halfSquaredDistance;
    this.#anchor = new FeatureAnchor(layerName, distance);
    this.#state = declareState("LFLPlugin", { anchor: part(this.#anchor), held: optional(heldParameters()) });
    this.state = this.#state;
  }

  assertUsable({ model }: StrategySetup): void {
    this.#anchor.assertUsable("LFLPlugin", model);
  }

  async beforeForward(strategy: BaseStrategy): Promise<void> {
    await this.#anchor.ask(strategy, readPerExperience(this.#lambda, countPastExperiences(strategy)));
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    await this.#anchor.hold(strategy, readPerExperience(this.#lambda, countPastExperiences(strategy)));
  }

  afterUpdate({ parameters }: BaseStrategy): void {
    this.#state.held?.putBack(parameters);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    const { parameters, cluster, model, experience } = strategy;
    if (!endsExperience(experience)) return;
    this.#anchor.remember(strategy);
    const head = findOutputLayer(model);
    const mask = new Float32Array(parameters.length);
    for (const { name, offset, size } of cluster.model.layout.entries) {
      if (name.startsWith(`${head}/`)) mask.fill(1, offset, offset + size);
    }
    this.#state.held = new HeldParameters(parameters, mask);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#anchor.grow(strategy, growth);
    this.#state.held = this.#state.held?.grow(growth);
  }
}

/** Less-forgetting learning: an `LFLPlugin` after the other plugins. */
export class LFL extends strategyWith(LFLPlugin, lfl.options) {}

/** By the names under which a list of methods loads them. */
export { LFL as strategy, LFLPlugin as plugin };
