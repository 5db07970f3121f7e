import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { GDUMB_RULES, type GDumbOptions, GDumbPlugin } from "./gdumb_plugin.ts";

/** Greedy sampler and dumb learner: a `GDumbPlugin` after the other plugins. */
export class GDumb extends BaseStrategy {
  /** @throws {RangeError} If the size is out of range. */
  constructor(options: StrategyOptions & GDumbOptions) {
    const [own, rest] = splitStrategyOptions("GDumb", options, GDUMB_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new GDumbPlugin(own)] });
  }
}
