import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { LWF_RULES, type LwFOptions, LwFPlugin } from "./lwf_plugin.ts";

/** Learning without forgetting: an `LwFPlugin` after the other plugins. */
export class LwF extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LwFOptions) {
    const [own, rest] = splitStrategyOptions("LwF", options, LWF_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LwFPlugin(own)] });
  }
}
