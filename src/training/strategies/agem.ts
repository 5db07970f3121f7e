import { BaseStrategy } from "../base_strategy.ts";
import { AGEM_RULES, type AGEMOptions, AGEMPlugin } from "../plugins/agem_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Averaged gradient episodic memory: an `AGEMPlugin` after the other plugins. */
export class AGEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & AGEMOptions) {
    const [own, rest] = splitStrategyOptions("AGEM", options, AGEM_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new AGEMPlugin(own)] });
  }
}
