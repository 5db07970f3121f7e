import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type RWalkOptions, RWalkPlugin } from "../plugins/rwalk_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["lambda", "alpha", "deltaT"] as const;

/** Riemannian walk: a `RWalkPlugin` after the other plugins. */
export class RWalk extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & RWalkOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new RWalkPlugin(own)] });
  }
}
