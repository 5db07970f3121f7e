import { BaseStrategy } from "../base_strategy.ts";
import { LFL_RULES, type LFLOptions, LFLPlugin } from "../plugins/lfl_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Less-forgetting learning: an `LFLPlugin` after the other plugins. */
export class LFL extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LFLOptions) {
    const [own, rest] = splitStrategyOptions("LFL", options, LFL_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LFLPlugin(own)] });
  }
}
