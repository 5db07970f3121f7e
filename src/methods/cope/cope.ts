import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { COPE_RULES, type CoPEOptions, CoPEPlugin } from "./cope_plugin.ts";

/** Continual prototype evolution: a `CoPEPlugin` after the other plugins. */
export class CoPE extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & CoPEOptions) {
    const [own, rest] = splitStrategyOptions("CoPE", options, COPE_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CoPEPlugin(own)] });
  }
}
