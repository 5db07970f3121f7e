import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { LFL_RULES, type LFLOptions, LFLPlugin } from "./lfl_plugin.ts";

/** Less-forgetting learning: an `LFLPlugin` after the other plugins. */
export class LFL extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LFLOptions) {
    const [own, rest] = splitStrategyOptions("LFL", options, LFL_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LFLPlugin(own)] });
  }
}
