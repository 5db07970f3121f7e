import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { CWR_STAR_RULES, type CWRStarOptions, CWRStarPlugin } from "./cwr_star_plugin.ts";

/** CWR*: a `CWRStarPlugin` after the other plugins. */
export class CWRStar extends BaseStrategy {
  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: StrategyOptions & CWRStarOptions) {
    const [own, rest] = splitStrategyOptions("CWRStar", options, CWR_STAR_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new CWRStarPlugin(own)] });
  }
}
