import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { RWALK_RULES, type RWalkOptions, RWalkPlugin } from "./rwalk_plugin.ts";

/** Riemannian walk: a `RWalkPlugin` after the other plugins. */
export class RWalk extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & RWalkOptions) {
    const [own, rest] = splitStrategyOptions("RWalk", options, RWALK_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new RWalkPlugin(own)] });
  }
}
