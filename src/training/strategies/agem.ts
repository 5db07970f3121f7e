import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type AGEMOptions, AGEMPlugin } from "../plugins/agem_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["patternsPerExperience", "sampleSize"] as const;

/** Averaged gradient episodic memory: an `AGEMPlugin` after the other plugins. */
export class AGEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & AGEMOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new AGEMPlugin(own)] });
  }
}
