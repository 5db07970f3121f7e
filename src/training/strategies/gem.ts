import { BaseStrategy } from "../base_strategy.ts";
import { GEM_RULES, type GEMOptions, GEMPlugin } from "../plugins/gem_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Gradient episodic memory: a `GEMPlugin` after the other plugins. */
export class GEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GEMOptions) {
    const [own, rest] = splitStrategyOptions("GEM", options, GEM_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GEMPlugin(own)] });
  }
}
