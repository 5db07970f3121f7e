import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { MAS_RULES, type MASOptions, MASPlugin } from "./mas_plugin.ts";

/** Memory aware synapses: a `MASPlugin` after the other plugins. */
export class MAS extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MASOptions) {
    const [own, rest] = splitStrategyOptions("MAS", options, MAS_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new MASPlugin(own)] });
  }
}
