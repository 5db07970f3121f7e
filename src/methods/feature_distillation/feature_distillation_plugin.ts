import { resolveOptions } from "../../core/options/option_schema.ts";
import { endsExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { cosineDistance, meanSquaredDistance } from "../../training/losses/feature_losses.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { FeatureAnchor } from "../shared/features/feature_anchor.ts";
import type { PerExperience } from "../shared/method_options.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { type FeatureDistillationOptions, featureDistillation } from "./options.ts";

/**
 * Feature distillation: from the second experience on, adds α times the distance of the features before the last layer
 * from those of the model at the last experience's end: the less-forget constraint. Features are compared without
 * dropout. The pieces of an online stream are one experience, which is over with its last piece.
 * @see Hou et al. 2019, Learning a Unified Classifier Incrementally via Rebalancing, CVPR
 */
export class FeatureDistillationPlugin implements StrategyPlugin {
  readonly name = "FeatureDistillationPlugin";
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly #alpha: PerExperience;
  readonly #anchor: FeatureAnchor;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: FeatureDistillationOptions = {}) {
    const options = resolveOptions("FeatureDistillationPlugin", given, featureDistillation.options);
    const { alpha, mode, layerName } = options;
    this.#alpha = alpha;
    this.#anchor = new FeatureAnchor(layerName, mode === "cosine" ? cosineDistance : meanSquaredDistance);
  }

  get state(): PluginState {
    return this.#anchor;
  }

  assertUsable({ model }: StrategySetup): void {
    this.#anchor.assertUsable("FeatureDistillationPlugin", model);
  }

  async beforeForward(strategy: BaseStrategy): Promise<void> {
    await this.#anchor.ask(strategy, readPerExperience(this.#alpha, countPastExperiences(strategy)));
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    await this.#anchor.hold(strategy, readPerExperience(this.#alpha, countPastExperiences(strategy)));
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    if (endsExperience(strategy.experience)) this.#anchor.remember(strategy);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#anchor.grow(strategy, growth);
  }
}

/** By the names under which a list of methods loads them. */
export { FeatureDistillationPlugin as plugin };
