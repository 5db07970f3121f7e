import { BaseStrategy } from "../base_strategy.ts";
import { LWF_RULES, type LwFOptions, LwFPlugin } from "../plugins/lwf_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Learning without forgetting: an `LwFPlugin` after the other plugins. */
export class LwF extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LwFOptions) {
    const [own, rest] = splitStrategyOptions("LwF", options, LWF_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LwFPlugin(own)] });
  }
}
