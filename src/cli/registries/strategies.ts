import { listMethods } from "../../methods/methods.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { citePaper } from "./cite_paper.ts";

/** The strategies there are, the default first. Each is loaded, and TF.js with it, when it is made. */
export const STRATEGIES: Registry<StrategyOptions, Promise<BaseStrategy>> = {
  kind: "strategy",
  factories: listMethods("strategy").map(({ name, summary, paper, options, load }) =>
    defineFactory({
      name,
      summary: citePaper(summary, paper),
      options,
      create: async (own, context: StrategyOptions) => {
        const { strategy: Strategy } = await load();
        if (!Strategy) throw new Error(`the module of ${name} exports no strategy`);
        // The schema has checked what was typed.
        return new Strategy({ ...context, ...own } as never);
      },
    }),
  ),
  module: {
    exported: "strategy",
    summary: "path=./my_strategy.ts, a module that exports the class strategy; see docs/write-a-strategy.md",
    create: async (module, own, context) => {
      const { STRATEGY_RULES } = await import("../../training/loop/strategy_options.ts");
      module.assertFree(Object.keys(STRATEGY_RULES));
      const made = await module.construct({ ...context, ...own });
      if (isStrategy(made)) return made;
      throw module.refuse("be a class of strategies", made);
    },
  },
};

/** By its parts, because the module may have a copy of Firn of its own. */
function isStrategy(value: unknown): value is BaseStrategy {
  return typeof value === "object" && value !== null && "trainingIteration" in value && "saveOwnState" in value;
}
