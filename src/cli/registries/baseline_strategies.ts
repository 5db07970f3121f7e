import { z } from "zod";
import { omitUndefined } from "../../core/omit_undefined.ts";
import type { BaseStrategy } from "../../training/base_strategy.ts";
import type { StrategyOptions } from "../../training/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../named_factory.ts";
import { FROM_SCRATCH_OPTIONS } from "./baseline_options.ts";

/** Strategies to compare others with. */
export const BASELINE_STRATEGIES: readonly NamedFactory<StrategyOptions, Promise<BaseStrategy>>[] = [
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
    name: "joint",
    summary: "training once on all experiences together, as if there were no stream",
    options: z.strictObject({}),
    create: async (_options, context: StrategyOptions) => {
      const { JointTraining } = await import("../../training/strategies/joint_training.ts");
      return new JointTraining(context);
    },
  }),
  defineFactory({
    name: "from-scratch",
    summary: "training on each experience from the initial parameters",
    options: FROM_SCRATCH_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { FromScratchTraining } = await import("../../training/strategies/from_scratch_training.ts");
      return new FromScratchTraining({ ...context, ...omitUndefined(options) });
    },
  }),
];
