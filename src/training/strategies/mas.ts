import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type MASOptions, MASPlugin } from "../plugins/mas_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["lambda", "alpha", "compatibility"] as const;

/** Memory aware synapses: a `MASPlugin` after the other plugins. */
export class MAS extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MASOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new MASPlugin(own)] });
  }
}
