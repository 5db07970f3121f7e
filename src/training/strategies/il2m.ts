import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type IL2MOptions, IL2MPlugin } from "../plugins/il2m_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSize", "batchSizeMem", "storagePolicy"] as const;

/** Incremental learning with dual memory: an `IL2MPlugin` after the other plugins. */
export class IL2M extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & IL2MOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new IL2MPlugin(own)] });
  }
}
