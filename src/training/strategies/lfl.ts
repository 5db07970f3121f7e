import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type LFLOptions, LFLPlugin } from "../plugins/lfl_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["lambda", "layerName", "compatibility"] as const;

/** Less-forgetting learning: an `LFLPlugin` after the other plugins. */
export class LFL extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LFLOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new LFLPlugin(own)] });
  }
}
