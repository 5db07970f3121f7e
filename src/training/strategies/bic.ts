import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type BiCOptions, BiCPlugin } from "../plugins/bic_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "valPercentage", "temperature", "lambda"] as const;

/** Bias correction: a `BiCPlugin` after the other plugins. */
export class BiC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & BiCOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new BiCPlugin(own)] });
  }
}
