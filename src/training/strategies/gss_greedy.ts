import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type GSSGreedyOptions, GSSGreedyPlugin } from "../plugins/gss_greedy_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "memStrength", "batchSizeMem"] as const;

/** Greedy gradient-based sample selection: a `GSSGreedyPlugin` after the other plugins. */
export class GSS_greedy extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GSSGreedyOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GSSGreedyPlugin(own)] });
  }
}
