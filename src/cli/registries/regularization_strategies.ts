import { omitUndefined } from "../../core/omit_undefined.ts";
import type { BaseStrategy } from "../../training/base_strategy.ts";
import type { StrategyOptions } from "../../training/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../named_factory.ts";
import {
  CWR_STAR_OPTIONS,
  EWC_OPTIONS,
  LFL_OPTIONS,
  LWF_OPTIONS,
  MAS_OPTIONS,
  PACK_NET_OPTIONS,
  RWALK_OPTIONS,
  SYNAPTIC_INTELLIGENCE_OPTIONS,
} from "./regularization_options.ts";

/** Strategies that hold parameters or outputs to what they were. */
export const REGULARIZATION_STRATEGIES: readonly NamedFactory<StrategyOptions, Promise<BaseStrategy>>[] = [
  defineFactory({
    name: "ewc",
    summary: "elastic weight consolidation (Kirkpatrick et al. 2017)",
    options: EWC_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { EWC } = await import("../../training/strategies/ewc.ts");
      return new EWC({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "si",
    summary: "synaptic intelligence (Zenke et al. 2017)",
    options: SYNAPTIC_INTELLIGENCE_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { SynapticIntelligence } = await import("../../training/strategies/synaptic_intelligence.ts");
      return new SynapticIntelligence({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "lwf",
    summary: "learning without forgetting (Li and Hoiem 2016)",
    options: LWF_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { LwF } = await import("../../training/strategies/lwf.ts");
      return new LwF({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "mas",
    summary: "memory aware synapses (Aljundi et al. 2018)",
    options: MAS_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { MAS } = await import("../../training/strategies/mas.ts");
      return new MAS({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "rwalk",
    summary: "Riemannian walk (Chaudhry et al. 2018)",
    options: RWALK_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { RWalk } = await import("../../training/strategies/rwalk.ts");
      return new RWalk({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "cwr-star",
    summary: "copy weights with reinit, CWR* (Lomonaco et al. 2020)",
    options: CWR_STAR_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { CWRStar } = await import("../../training/strategies/cwr_star.ts");
      return new CWRStar({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "pack-net",
    summary: "PackNet: weights of its own for each experience (Mallya and Lazebnik 2018)",
    options: PACK_NET_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { PackNet } = await import("../../training/strategies/pack_net.ts");
      return new PackNet({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "lfl",
    summary: "less-forgetting learning (Jung et al. 2016)",
    options: LFL_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { LFL } = await import("../../training/strategies/lfl.ts");
      return new LFL({ ...context, ...omitUndefined(options) });
    },
  }),
];
