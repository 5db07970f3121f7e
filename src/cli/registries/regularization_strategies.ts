import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
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
      const { EWC } = await import("../../methods/ewc/ewc.ts");
      return new EWC({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "si",
    summary: "synaptic intelligence (Zenke et al. 2017)",
    options: SYNAPTIC_INTELLIGENCE_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { SynapticIntelligence } = await import("../../methods/synaptic_intelligence/synaptic_intelligence.ts");
      return new SynapticIntelligence({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "lwf",
    summary: "learning without forgetting (Li and Hoiem 2016)",
    options: LWF_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { LwF } = await import("../../methods/lwf/lwf.ts");
      return new LwF({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "mas",
    summary: "memory aware synapses (Aljundi et al. 2018)",
    options: MAS_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { MAS } = await import("../../methods/mas/mas.ts");
      return new MAS({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "rwalk",
    summary: "Riemannian walk (Chaudhry et al. 2018)",
    options: RWALK_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { RWalk } = await import("../../methods/rwalk/rwalk.ts");
      return new RWalk({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "cwr-star",
    summary: "copy weights with reinit, CWR* (Lomonaco et al. 2020)",
    options: CWR_STAR_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { CWRStar } = await import("../../methods/cwr_star/cwr_star.ts");
      return new CWRStar({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "pack-net",
    summary: "PackNet: weights of its own for each experience (Mallya and Lazebnik 2018)",
    options: PACK_NET_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { PackNet } = await import("../../methods/pack_net/pack_net.ts");
      return new PackNet({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "lfl",
    summary: "less-forgetting learning (Jung et al. 2016)",
    options: LFL_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { LFL } = await import("../../methods/lfl/lfl.ts");
      return new LFL({ ...context, ...omitUndefined(options) });
    },
  }),
];
