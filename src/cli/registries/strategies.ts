import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { BASELINE_STRATEGIES } from "./baseline_strategies.ts";
import { REPLAY_OPTIONS } from "./method_options.ts";
import { REGULARIZATION_STRATEGIES } from "./regularization_strategies.ts";
import { REHEARSAL_STRATEGIES } from "./rehearsal_strategies.ts";
import { REPRESENTATION_STRATEGIES } from "./representation_strategies.ts";
import { createStoragePolicy } from "./storage_policy.ts";

/** The strategies there are, the default first. Each is loaded, and TF.js with it, when it is made. */
export const STRATEGIES: Registry<StrategyOptions, Promise<BaseStrategy>> = {
  kind: "strategy",
  factories: [
    ...BASELINE_STRATEGIES,
    defineFactory({
      name: "replay",
      summary: "experience replay (Chaudhry et al. 2019)",
      options: REPLAY_OPTIONS,
      create: async ({ storagePolicy, ...options }, context: StrategyOptions) => {
        const { Replay } = await import("../../methods/replay/replay.ts");
        const policy = await createStoragePolicy(storagePolicy, options.memSize);
        return new Replay({ ...context, ...omitUndefined(options), storagePolicy: policy });
      },
    }),
    ...REHEARSAL_STRATEGIES,
    ...REPRESENTATION_STRATEGIES,
    ...REGULARIZATION_STRATEGIES,
  ],
};
