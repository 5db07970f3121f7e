import { z } from "zod";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import {
  BIC_OPTIONS,
  COPE_OPTIONS,
  ICARL_OPTIONS,
  SCR_OPTIONS,
  STREAMING_LDA_OPTIONS,
} from "./representation_options.ts";

/** Strategies that learn or compare features. */
export const REPRESENTATION_STRATEGIES: readonly NamedFactory<StrategyOptions, Promise<BaseStrategy>>[] = [
  defineFactory({
    name: "icarl",
    summary: "distillation, herded exemplars and nearest class means (Rebuffi et al. 2017)",
    options: ICARL_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { ICaRL } = await import("../../methods/icarl/icarl.ts");
      return new ICaRL({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "streaming-lda",
    summary: "linear discriminant analysis of a fixed network's features, sample by sample (Hayes and Kanan 2020)",
    options: STREAMING_LDA_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { StreamingLDA } = await import("../../methods/streaming_lda/streaming_lda.ts");
      return new StreamingLDA({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "scr",
    summary: "replay with a contrastive loss and nearest class means (Mai et al. 2021)",
    options: SCR_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { SCR } = await import("../../methods/scr/scr.ts");
      return new SCR({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "cope",
    summary: "replay with a prototype a class that moves along (De Lange and Tuytelaars 2021)",
    options: COPE_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { CoPE } = await import("../../methods/cope/cope.ts");
      return new CoPE({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "pnn",
    summary:
      "progressive networks (Rusu et al. 2016): --model pnn, which gets a column for each task; old ones are frozen",
    options: z.strictObject({}),
    create: async (_options, context: StrategyOptions) => {
      const { PNNStrategy } = await import("../../methods/pnn/pnn_strategy.ts");
      return new PNNStrategy(context);
    },
  }),
  defineFactory({
    name: "bic",
    summary: "distillation, and new classes' logits set right on held-out samples (Wu et al. 2019)",
    options: BIC_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { BiC } = await import("../../methods/bic/bic.ts");
      return new BiC({ ...context, ...omitUndefined(options) });
    },
  }),
];
