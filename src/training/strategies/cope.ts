import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type CoPEOptions, CoPEPlugin } from "../plugins/cope_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "alpha", "temperature", "storagePolicy", "compatibility"] as const;

/** Continual prototype evolution: a `CoPEPlugin` after the other plugins. */
export class CoPE extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & CoPEOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CoPEPlugin(own)] });
  }
}
