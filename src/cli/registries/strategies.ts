import { z } from "zod";
import type { BaseStrategy } from "../../training/base_strategy.ts";
import type { StrategyOptions } from "../../training/strategy_options.ts";
import { defineFactory, type Registry } from "../named_factory.ts";
import { omitUndefined } from "../omit_undefined.ts";
import { EWC_OPTIONS, REPLAY_OPTIONS } from "./method_options.ts";
import { createStoragePolicy } from "./storage_policy.ts";

/** The strategies there are, the default first. Each is loaded, and TF.js with it, when it is made. */
export const STRATEGIES: Registry<StrategyOptions, Promise<BaseStrategy>> = {
  kind: "strategy",
  factories: [
    defineFactory({
      name: "naive",
      summary: "fine-tuning on one experience after another, the lower baseline",
      options: z.strictObject({}),
      create: async (_options, context: StrategyOptions) => {
        const { Naive } = await import("../../training/strategies/naive.ts");
        return new Naive(context);
      },
    }),
    defineFactory({
      name: "cumulative",
      summary: "training on everything seen so far, the upper baseline",
      options: z.strictObject({}),
      create: async (_options, context: StrategyOptions) => {
        const { Cumulative } = await import("../../training/strategies/cumulative.ts");
        return new Cumulative(context);
      },
    }),
    defineFactory({
      name: "replay",
      summary: "experience replay (Chaudhry et al. 2019)",
      options: REPLAY_OPTIONS,
      create: async ({ storagePolicy, ...options }, context: StrategyOptions) => {
        const { Replay } = await import("../../training/strategies/replay.ts");
        const policy = await createStoragePolicy(storagePolicy, options.memSize);
        return new Replay({ ...context, ...omitUndefined(options), storagePolicy: policy });
      },
    }),
    defineFactory({
      name: "ewc",
      summary: "elastic weight consolidation (Kirkpatrick et al. 2017)",
      options: EWC_OPTIONS,
      create: async (options, context: StrategyOptions) => {
        const { EWC } = await import("../../training/strategies/ewc.ts");
        return new EWC({ ...context, ...omitUndefined(options) });
      },
    }),
  ],
};
