import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { DER_RULES, type DEROptions, DERPlugin } from "./der_plugin.ts";

/** Dark experience replay, DER++ unless `beta` is 0: a `DERPlugin` after the other plugins. */
export class DER extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & DEROptions) {
    const [own, rest] = splitStrategyOptions("DER", options, DER_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new DERPlugin(own)] });
  }
}
