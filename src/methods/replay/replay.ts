import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { REPLAY_RULES, type ReplayOptions, ReplayPlugin } from "./replay_plugin.ts";

/** Experience replay: a `ReplayPlugin` after the other plugins. */
export class Replay extends BaseStrategy {
  /** @throws {RangeError} If a size is out of range. */
  constructor(options: StrategyOptions & ReplayOptions) {
    const [own, rest] = splitStrategyOptions("Replay", options, REPLAY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ReplayPlugin(own)] });
  }
}
