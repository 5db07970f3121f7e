import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { GEM_RULES, type GEMOptions, GEMPlugin } from "./gem_plugin.ts";

/** Gradient episodic memory: a `GEMPlugin` after the other plugins. */
export class GEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GEMOptions) {
    const [own, rest] = splitStrategyOptions("GEM", options, GEM_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GEMPlugin(own)] });
  }
}
