import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { FEATURE_REPLAY_RULES, type FeatureReplayOptions, FeatureReplayPlugin } from "./feature_replay_plugin.ts";

/** Replay of features: a `FeatureReplayPlugin` after the other plugins. */
export class FeatureReplay extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & FeatureReplayOptions) {
    const [own, rest] = splitStrategyOptions("FeatureReplay", options, FEATURE_REPLAY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new FeatureReplayPlugin(own)] });
  }
}
