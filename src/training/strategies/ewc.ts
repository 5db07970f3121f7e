import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type EWCOptions, EWCPlugin } from "../plugins/ewc_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = [
  "lambda",
  "mode",
  "decayFactor",
  "compatibility",
  "fisher",
  "trueFisher",
  "importanceBatchSize",
  "importanceSamples",
] as const;

/** Elastic weight consolidation: an `EWCPlugin` after the other plugins. */
export class EWC extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & EWCOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new EWCPlugin(own)] });
  }
}
