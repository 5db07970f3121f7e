import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import {
  FROM_SCRATCH_TRAINING_RULES,
  type FromScratchTrainingOptions,
  FromScratchTrainingPlugin,
} from "./from_scratch_training_plugin.ts";

/** Trains each experience from the initial parameters: a `FromScratchTrainingPlugin` after the other plugins. */
export class FromScratchTraining extends BaseStrategy {
  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: StrategyOptions & FromScratchTrainingOptions) {
    const [own, rest] = splitStrategyOptions("FromScratchTraining", options, FROM_SCRATCH_TRAINING_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new FromScratchTrainingPlugin(own)] });
  }
}
