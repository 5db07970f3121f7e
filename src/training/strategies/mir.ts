import { BaseStrategy } from "../base_strategy.ts";
import { MIR_RULES, type MIROptions, MIRPlugin } from "../plugins/mir_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Maximally interfered retrieval: an `MIRPlugin` after the other plugins. */
export class MIR extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MIROptions) {
    const [own, rest] = splitStrategyOptions("MIR", options, MIR_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new MIRPlugin(own)] });
  }
}
