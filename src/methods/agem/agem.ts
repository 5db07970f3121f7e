import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { AGEM_RULES, type AGEMOptions, AGEMPlugin } from "./agem_plugin.ts";

/** Averaged gradient episodic memory: an `AGEMPlugin` after the other plugins. */
export class AGEM extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & AGEMOptions) {
    const [own, rest] = splitStrategyOptions("AGEM", options, AGEM_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new AGEMPlugin(own)] });
  }
}
