import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { ICARL_RULES, type ICaRLOptions, ICaRLPlugin } from "./icarl_plugin.ts";

/** Incremental classifier and representation learning: an `ICaRLPlugin` after the other plugins. */
export class ICaRL extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ICaRLOptions) {
    const [own, rest] = splitStrategyOptions("ICaRL", options, ICARL_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ICaRLPlugin(own)] });
  }
}
