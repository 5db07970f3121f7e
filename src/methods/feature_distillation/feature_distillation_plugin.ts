import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { oneOf, text } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { endsExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { cosineDistance, meanSquaredDistance } from "../../training/losses/feature_losses.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { FeatureAnchor } from "../shared/features/feature_anchor.ts";
import { type PerExperience, perExperience, readPerExperience } from "../shared/per_experience.ts";

const MODES = ["cosine", "mse"] as const;

/** How strongly features are held, and by which distance. */
export interface FeatureDistillationOptions {
  /** Weight of the distance; one for all experiences, or a list. 1 if left out. */
  readonly alpha?: PerExperience;
  /** "cosine": 1 − cos(f, f_old). "mse": the mean squared difference. "cosine" if left out. */
  readonly mode?: (typeof MODES)[number];
  /** Whose answer features are; the layer before the last if left out. */
  readonly layerName?: string;
}

const FEATURE_DISTILLATION_RULES: OptionRules<FeatureDistillationOptions> = {
  alpha: perExperience({ atLeast: 0 }),
  mode: oneOf(MODES),
  layerName: text(),
};

/**
 * Feature distillation: from the second experience on, adds α times the distance of the features before the last layer
 * from those of the model at the last experience's end: the less-forget constraint. Features are compared without
 * dropout. The pieces of an online stream are one experience, which is over with its last piece.
 * @see Hou et al. 2019, Learning a Unified Classifier Incrementally via Rebalancing, CVPR
 */
export class FeatureDistillationPlugin implements StrategyPlugin {
  readonly name = "FeatureDistillationPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #alpha: PerExperience;
  readonly #anchor: FeatureAnchor;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: FeatureDistillationOptions = {}) {
    assertOptions("FeatureDistillationPlugin", options, FEATURE_DISTILLATION_RULES);
    const { alpha = 1, mode = "cosine", layerName } = options;
    this.#alpha = alpha;
    this.#anchor = new FeatureAnchor(layerName, mode === "cosine" ? cosineDistance : meanSquaredDistance);
  }

  assertUsable({ model }: StrategySetup): void {
    this.#anchor.assertUsable("FeatureDistillationPlugin", model);
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

  saveState(): SavedState {
    return this.#anchor.save();
  }

  restoreState(saved: SavedState): void {
    this.#anchor.restore("the saved state of FeatureDistillationPlugin", saved);
  }
}
