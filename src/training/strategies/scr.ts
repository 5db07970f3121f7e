import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type SCROptions, SCRPlugin } from "../plugins/scr_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "temperature", "layerName", "storagePolicy"] as const;

/** Supervised contrastive replay: an `SCRPlugin` after the other plugins. */
export class SCR extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & SCROptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new SCRPlugin(own)] });
  }
}
