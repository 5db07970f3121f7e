import { BaseStrategy } from "../base_strategy.ts";
import { GSS_GREEDY_RULES, type GSSGreedyOptions, GSSGreedyPlugin } from "../plugins/gss_greedy_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Greedy gradient-based sample selection: a `GSSGreedyPlugin` after the other plugins. */
export class GSS_greedy extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GSSGreedyOptions) {
    const [own, rest] = splitStrategyOptions("GSS_greedy", options, GSS_GREEDY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GSSGreedyPlugin(own)] });
  }
}
