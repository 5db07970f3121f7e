import { BaseStrategy } from "../base_strategy.ts";
import { REPLAY_RULES, type ReplayOptions, ReplayPlugin } from "../plugins/replay_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Experience replay: a `ReplayPlugin` after the other plugins. */
export class Replay extends BaseStrategy {
  /** @throws {RangeError} If a size is out of range. */
  constructor(options: StrategyOptions & ReplayOptions) {
    const [own, rest] = splitStrategyOptions("Replay", options, REPLAY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ReplayPlugin(own)] });
  }
}
