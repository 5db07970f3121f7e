import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";
import {
  CWR_STAR_OPTIONS,
  EWC_OPTIONS,
  FEATURE_DISTILLATION_OPTIONS,
  LFL_OPTIONS,
  LOSS_SCALING_OPTIONS,
  LWF_OPTIONS,
  MAS_OPTIONS,
  PACK_NET_OPTIONS,
  RWALK_OPTIONS,
  SYNAPTIC_INTELLIGENCE_OPTIONS,
} from "./regularization_options.ts";

/** Plugins that hold parameters or outputs to what they were, on top of any strategy. */
export const REGULARIZATION_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "ewc",
    summary: "elastic weight consolidation (Kirkpatrick et al. 2017), on top of any strategy",
    options: EWC_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { EWCPlugin } = await import("../../methods/ewc/ewc_plugin.ts");
      return { plugin: new EWCPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "si",
    summary: "synaptic intelligence (Zenke et al. 2017), on top of any strategy",
    options: SYNAPTIC_INTELLIGENCE_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { SynapticIntelligencePlugin } = await import(
        "../../methods/synaptic_intelligence/synaptic_intelligence_plugin.ts"
      );
      return { plugin: new SynapticIntelligencePlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "lwf",
    summary: "learning without forgetting (Li and Hoiem 2016), on top of any strategy",
    options: LWF_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { LwFPlugin } = await import("../../methods/lwf/lwf_plugin.ts");
      return { plugin: new LwFPlugin(options) };
    },
  }),
  defineFactory({
    name: "loss-scaling",
    summary: "multiplies the criterion, but not what other plugins add to it",
    options: LOSS_SCALING_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { LossScalingPlugin } = await import("../../methods/loss_scaling/loss_scaling_plugin.ts");
      return { plugin: new LossScalingPlugin(options) };
    },
  }),
  defineFactory({
    name: "mas",
    summary: "memory aware synapses (Aljundi et al. 2018), on top of any strategy",
    options: MAS_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { MASPlugin } = await import("../../methods/mas/mas_plugin.ts");
      return { plugin: new MASPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "rwalk",
    summary: "Riemannian walk (Chaudhry et al. 2018), on top of any strategy",
    options: RWALK_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { RWalkPlugin } = await import("../../methods/rwalk/rwalk_plugin.ts");
      return { plugin: new RWalkPlugin(options) };
    },
  }),
  defineFactory({
    name: "cwr-star",
    summary: "copy weights with reinit, CWR* (Lomonaco et al. 2020), on top of any strategy",
    options: CWR_STAR_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { CWRStarPlugin } = await import("../../methods/cwr_star/cwr_star_plugin.ts");
      return { plugin: new CWRStarPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "pack-net",
    summary: "PackNet (Mallya and Lazebnik 2018), on top of any strategy",
    options: PACK_NET_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { PackNetPlugin } = await import("../../methods/pack_net/pack_net_plugin.ts");
      return { plugin: new PackNetPlugin(options) };
    },
  }),
  defineFactory({
    name: "lfl",
    summary: "less-forgetting learning (Jung et al. 2016), on top of any strategy",
    options: LFL_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { LFLPlugin } = await import("../../methods/lfl/lfl_plugin.ts");
      return { plugin: new LFLPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "feature-distillation",
    summary: "holds features to those of the last experience (Hou et al. 2019)",
    options: FEATURE_DISTILLATION_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { FeatureDistillationPlugin } = await import(
        "../../methods/feature_distillation/feature_distillation_plugin.ts"
      );
      return { plugin: new FeatureDistillationPlugin(omitUndefined(options)) };
    },
  }),
];
