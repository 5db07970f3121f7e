import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type GEMOptions, GEMPlugin } from "../plugins/gem_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["patternsPerExperience", "memoryStrength"] as const;

/** Gradient episodic memory: a `GEMPlugin` after the other plugins. */
export class GEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & GEMOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GEMPlugin(own)] });
  }
}
