import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type MIROptions, MIRPlugin } from "../plugins/mir_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "subsample", "batchSizeMem", "storagePolicy", "compatibility"] as const;

/** Maximally interfered retrieval: an `MIRPlugin` after the other plugins. */
export class MIR extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MIROptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new MIRPlugin(own)] });
  }
}
