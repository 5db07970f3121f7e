import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type FromScratchTrainingOptions, FromScratchTrainingPlugin } from "../plugins/from_scratch_training_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["resetOptimizer"] as const;

/** Trains each experience from the initial parameters: a `FromScratchTrainingPlugin` after the other plugins. */
export class FromScratchTraining extends BaseStrategy {
  constructor(options: StrategyOptions & FromScratchTrainingOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new FromScratchTrainingPlugin(own)] });
  }
}
