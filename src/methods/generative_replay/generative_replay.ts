import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import {
  GENERATIVE_REPLAY_RULES,
  type GenerativeReplayOptions,
  GenerativeReplayPlugin,
} from "./generative_replay_plugin.ts";

/**
 * Deep generative replay: a `GenerativeReplayPlugin` after the other plugins. The exported model is the classifier
 * alone; checkpoints hold the generator, too.
 */
export class GenerativeReplay extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GenerativeReplayOptions) {
    const [own, rest] = splitStrategyOptions("GenerativeReplay", options, GENERATIVE_REPLAY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GenerativeReplayPlugin(own)] });
  }
}
