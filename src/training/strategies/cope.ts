import { BaseStrategy } from "../base_strategy.ts";
import { COPE_RULES, type CoPEOptions, CoPEPlugin } from "../plugins/cope_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Continual prototype evolution: a `CoPEPlugin` after the other plugins. */
export class CoPE extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & CoPEOptions) {
    const [own, rest] = splitStrategyOptions("CoPE", options, COPE_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CoPEPlugin(own)] });
  }
}
