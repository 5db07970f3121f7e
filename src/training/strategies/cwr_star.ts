import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type CWRStarOptions, CWRStarPlugin } from "../plugins/cwr_star_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["cwrLayerName", "freezeRemainingModel"] as const;

/** CWR*: a `CWRStarPlugin` after the other plugins. */
export class CWRStar extends BaseStrategy {
  constructor(options: StrategyOptions & CWRStarOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CWRStarPlugin(own)] });
  }
}
