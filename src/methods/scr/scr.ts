import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { SCR_RULES, type SCROptions, SCRPlugin } from "./scr_plugin.ts";

/** Supervised contrastive replay: an `SCRPlugin` after the other plugins. */
export class SCR extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & SCROptions) {
    const [own, rest] = splitStrategyOptions("SCR", options, SCR_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new SCRPlugin(own)] });
  }
}
