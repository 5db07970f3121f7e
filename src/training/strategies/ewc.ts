import { BaseStrategy } from "../base_strategy.ts";
import { EWC_RULES, type EWCOptions, EWCPlugin } from "../plugins/ewc_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Elastic weight consolidation: an `EWCPlugin` after the other plugins. */
export class EWC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & EWCOptions) {
    const [own, rest] = splitStrategyOptions("EWC", options, EWC_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new EWCPlugin(own)] });
  }
}
