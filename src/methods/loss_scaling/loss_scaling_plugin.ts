import { resolveOptions } from "../../core/options/option_schema.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { type LossScalingOptions, lossScaling } from "./options.ts";

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
  constructor(given: LossScalingOptions) {
    const options = resolveOptions("LossScalingPlugin", given, lossScaling.options);
    this.#factor = options.factor;
  }

  beforeForward(strategy: BaseStrategy): void {
    const finished = countPastExperiences(strategy);
    const factor = this.#factor;
    strategy.scaleCriterion(typeof factor === "string" ? 1 / (finished + 1) : readPerExperience(factor, finished));
  }
}

/** By the names under which a list of methods loads them. */
export { LossScalingPlugin as plugin };
