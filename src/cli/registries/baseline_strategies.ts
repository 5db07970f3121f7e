import { z } from "zod";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { FROM_SCRATCH_OPTIONS } from "./baseline_options.ts";

/** Strategies to compare others with. */
export const BASELINE_STRATEGIES: readonly NamedFactory<StrategyOptions, Promise<BaseStrategy>>[] = [
  defineFactory({
    name: "naive",
    summary: "fine-tuning on one experience after another, the lower baseline",
    options: z.strictObject({}),
    create: async (_options, context: StrategyOptions) => {
      const { Naive } = await import("../../methods/naive/naive.ts");
      return new Naive(context);
    },
  }),
  defineFactory({
    name: "cumulative",
    summary: "training on everything seen so far, the upper baseline",
    options: z.strictObject({}),
    create: async (_options, context: StrategyOptions) => {
      const { Cumulative } = await import("../../methods/cumulative/cumulative.ts");
      return new Cumulative(context);
    },
  }),
  defineFactory({
    name: "joint",
    summary: "training once on all experiences together, as if there were no stream",
    options: z.strictObject({}),
    create: async (_options, context: StrategyOptions) => {
      const { JointTraining } = await import("../../methods/joint_training/joint_training.ts");
      return new JointTraining(context);
    },
  }),
  defineFactory({
    name: "from-scratch",
    summary: "training on each experience from the initial parameters",
    options: FROM_SCRATCH_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { FromScratchTraining } = await import("../../methods/from_scratch_training/from_scratch_training.ts");
      return new FromScratchTraining({ ...context, ...omitUndefined(options) });
    },
  }),
];
