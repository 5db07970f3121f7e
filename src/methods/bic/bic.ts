import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { BIC_RULES, type BiCOptions, BiCPlugin } from "./bic_plugin.ts";

/** Bias correction: a `BiCPlugin` after the other plugins. */
export class BiC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & BiCOptions) {
    const [own, rest] = splitStrategyOptions("BiC", options, BIC_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new BiCPlugin(own)] });
  }
}
