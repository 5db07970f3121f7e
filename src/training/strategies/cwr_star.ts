import { BaseStrategy } from "../base_strategy.ts";
import { CWR_STAR_RULES, type CWRStarOptions, CWRStarPlugin } from "../plugins/cwr_star_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** CWR*: a `CWRStarPlugin` after the other plugins. */
export class CWRStar extends BaseStrategy {
  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: StrategyOptions & CWRStarOptions) {
    const [own, rest] = splitStrategyOptions("CWRStar", options, CWR_STAR_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CWRStarPlugin(own)] });
  }
}
