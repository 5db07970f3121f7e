import { BaseStrategy } from "../base_strategy.ts";
import { BIC_RULES, type BiCOptions, BiCPlugin } from "../plugins/bic_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Bias correction: a `BiCPlugin` after the other plugins. */
export class BiC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & BiCOptions) {
    const [own, rest] = splitStrategyOptions("BiC", options, BIC_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new BiCPlugin(own)] });
  }
}
