import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { GENERATOR_OPTIONS } from "../create_generator.ts";
import { type GenerativeReplayOptions, GenerativeReplayPlugin } from "../plugins/generative_replay_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = [
  "generatorStrategy",
  "untrainedSolver",
  "replaySize",
  "increasingReplaySize",
  "ratio",
  "isWeightedReplay",
  "weightReplayLoss",
  "weightReplayLossFactor",
  "compatibility",
  ...GENERATOR_OPTIONS,
] as const;

/**
 * Deep generative replay: a `GenerativeReplayPlugin` after the other plugins. The exported model is the classifier
 * alone; checkpoints hold the generator, too.
 */
export class GenerativeReplay extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GenerativeReplayOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GenerativeReplayPlugin(own)] });
  }
}
