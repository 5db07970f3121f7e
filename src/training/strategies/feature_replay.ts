import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type FeatureReplayOptions, FeatureReplayPlugin } from "../plugins/feature_replay_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "layerName", "compatibility"] as const;

/** Replay of features: a `FeatureReplayPlugin` after the other plugins. */
export class FeatureReplay extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & FeatureReplayOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new FeatureReplayPlugin(own)] });
  }
}
