import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type PackNetOptions, PackNetPlugin } from "../plugins/pack_net_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["postPruneEpochs", "pruneProportion"] as const;

/** PackNet: a `PackNetPlugin` after the other plugins. */
export class PackNet extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & PackNetOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new PackNetPlugin(own)] });
  }
}
