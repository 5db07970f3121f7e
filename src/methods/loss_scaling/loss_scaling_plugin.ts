import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { either, oneOf, required } from "../../core/options/value_rules.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { type PerExperience, perExperience, readPerExperience } from "../shared/per_experience.ts";

/** What the criterion is multiplied by. */
export interface LossScalingOptions {
  /** One factor, one for each experience, or "inverse-experience": 1 for the first, ½ for the second, ⅓ … */
  readonly factor: PerExperience | "inverse-experience";
}

const LOSS_SCALING_RULES: OptionRules<LossScalingOptions> = {
  factor: required(either(perExperience({ atLeast: 0 }), oneOf(["inverse-experience"]))),
};

/**
 * Multiplies the training criterion by a factor that may change from one experience to the next, so that what other
 * plugins add weighs more or less beside it. With "inverse-experience" new classes weigh as much as each of the k
 * experiences before. Used with learning without forgetting in Avalanche's class-incremental baseline.
 * @see Lomonaco et al. 2021, Avalanche, arXiv:2104.00405
 */
export class LossScalingPlugin implements StrategyPlugin {
  readonly name = "LossScalingPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #factor: LossScalingOptions["factor"];

  /** @throws {RangeError} If a factor is negative or unknown. */
  constructor(options: LossScalingOptions) {
    assertOptions("LossScalingPlugin", options, LOSS_SCALING_RULES);
    this.#factor = options.factor;
  }

  beforeForward(strategy: BaseStrategy): void {
    const finished = countPastExperiences(strategy);
    const factor = this.#factor;
    strategy.scaleCriterion(typeof factor === "string" ? 1 / (finished + 1) : readPerExperience(factor, finished));
  }
}
