import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { GSS_GREEDY_RULES, type GSSGreedyOptions, GSSGreedyPlugin } from "./gss_greedy_plugin.ts";

/** Greedy gradient-based sample selection: a `GSSGreedyPlugin` after the other plugins. */
export class GSS_greedy extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GSSGreedyOptions) {
    const [own, rest] = splitStrategyOptions("GSS_greedy", options, GSS_GREEDY_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GSSGreedyPlugin(own)] });
  }
}
