import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type ERACEOptions, ERACEPlugin } from "../plugins/er_ace_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "compatibility"] as const;

/** Experience replay with asymmetric cross-entropy: an `ERACEPlugin` after the other plugins. */
export class ER_ACE extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ERACEOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ERACEPlugin(own)] });
  }
}
