import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type ReplayOptions, ReplayPlugin } from "../plugins/replay_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSize", "batchSizeMem", "taskBalancedDataloader", "storagePolicy"] as const;

/** Experience replay: a `ReplayPlugin` after the other plugins. */
export class Replay extends BaseStrategy {
  /** @throws {RangeError} If a size is out of range. */
  constructor(options: StrategyOptions & ReplayOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ReplayPlugin(own)] });
  }
}
