import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { ER_ACE_RULES, type ERACEOptions, ERACEPlugin } from "./er_ace_plugin.ts";

/** Experience replay with asymmetric cross-entropy: an `ERACEPlugin` after the other plugins. */
export class ER_ACE extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ERACEOptions) {
    const [own, rest] = splitStrategyOptions("ER_ACE", options, ER_ACE_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ERACEPlugin(own)] });
  }
}
