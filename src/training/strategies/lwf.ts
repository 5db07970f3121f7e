import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type LwFOptions, LwFPlugin } from "../plugins/lwf_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["alpha", "temperature", "compatibility"] as const;

/** Learning without forgetting: an `LwFPlugin` after the other plugins. */
export class LwF extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LwFOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LwFPlugin(own)] });
  }
}
