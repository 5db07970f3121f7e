import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type DEROptions, DERPlugin } from "../plugins/der_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "alpha", "beta", "compatibility"] as const;

/** Dark experience replay, DER++ unless `beta` is 0: a `DERPlugin` after the other plugins. */
export class DER extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & DEROptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new DERPlugin(own)] });
  }
}
