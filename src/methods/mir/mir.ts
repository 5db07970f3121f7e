import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { MIR_RULES, type MIROptions, MIRPlugin } from "./mir_plugin.ts";

/** Maximally interfered retrieval: an `MIRPlugin` after the other plugins. */
export class MIR extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MIROptions) {
    const [own, rest] = splitStrategyOptions("MIR", options, MIR_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new MIRPlugin(own)] });
  }
}
