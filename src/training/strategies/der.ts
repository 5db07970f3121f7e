import { BaseStrategy } from "../base_strategy.ts";
import { DER_RULES, type DEROptions, DERPlugin } from "../plugins/der_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Dark experience replay, DER++ unless `beta` is 0: a `DERPlugin` after the other plugins. */
export class DER extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & DEROptions) {
    const [own, rest] = splitStrategyOptions("DER", options, DER_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new DERPlugin(own)] });
  }
}
