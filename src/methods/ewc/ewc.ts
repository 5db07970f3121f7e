import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { EWC_RULES, type EWCOptions, EWCPlugin } from "./ewc_plugin.ts";

/** Elastic weight consolidation: an `EWCPlugin` after the other plugins. */
export class EWC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & EWCOptions) {
    const [own, rest] = splitStrategyOptions("EWC", options, EWC_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new EWCPlugin(own)] });
  }
}
