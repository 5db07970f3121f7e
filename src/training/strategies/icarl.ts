import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type ICaRLOptions, ICaRLPlugin } from "../plugins/icarl_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "fixedMemory", "layerName", "temperature"] as const;

/** Incremental classifier and representation learning: an `ICaRLPlugin` after the other plugins. */
export class ICaRL extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ICaRLOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ICaRLPlugin(own)] });
  }
}
