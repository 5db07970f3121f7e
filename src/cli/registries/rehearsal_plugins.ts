import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { GENERATIVE_REPLAY_OPTIONS } from "./generative_options.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";
import {
  AGEM_OPTIONS,
  DER_OPTIONS,
  ER_ACE_OPTIONS,
  ER_AML_OPTIONS,
  FEATURE_REPLAY_OPTIONS,
  GDUMB_OPTIONS,
  GEM_OPTIONS,
  GSS_OPTIONS,
  IL2M_OPTIONS,
  LATENT_REPLAY_OPTIONS,
  MIR_OPTIONS,
  RAR_OPTIONS,
} from "./rehearsal_options.ts";

/** Plugins that keep samples of the past, replay aside. */
export const REHEARSAL_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "gem",
    summary: "gradient episodic memory (Lopez-Paz and Ranzato 2017), on top of any strategy",
    options: GEM_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GEMPlugin } = await import("../../methods/gem/gem_plugin.ts");
      return { plugin: new GEMPlugin(options) };
    },
  }),
  defineFactory({
    name: "agem",
    summary: "averaged gradient episodic memory (Chaudhry et al. 2019), on top of any strategy",
    options: AGEM_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { AGEMPlugin } = await import("../../methods/agem/agem_plugin.ts");
      return { plugin: new AGEMPlugin(options) };
    },
  }),
  defineFactory({
    name: "generative-replay",
    summary:
      "replay of what a variational autoencoder makes up, classed by the last model (Shin et al. 2017), on top of any strategy",
    options: GENERATIVE_REPLAY_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GenerativeReplayPlugin } = await import("../../methods/generative_replay/generative_replay_plugin.ts");
      return { plugin: new GenerativeReplayPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "gdumb",
    summary: "training from scratch on a class-balanced memory alone (Prabhu et al. 2020)",
    options: GDUMB_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GDumbPlugin } = await import("../../methods/gdumb/gdumb_plugin.ts");
      return { plugin: new GDumbPlugin(options) };
    },
  }),
  defineFactory({
    name: "mir",
    summary: "replay of the samples that a step would hurt most (Aljundi et al. 2019), on top of any strategy",
    options: MIR_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { MIRPlugin } = await import("../../methods/mir/mir_plugin.ts");
      return { plugin: new MIRPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "der",
    summary: "dark experience replay, DER++ unless beta=0 (Buzzega et al. 2020), on top of any strategy",
    options: DER_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { DERPlugin } = await import("../../methods/der/der_plugin.ts");
      return { plugin: new DERPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "er-ace",
    summary: "replay in which new samples compete with new classes only (Caccia et al. 2022), on top of any strategy",
    options: ER_ACE_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { ERACEPlugin } = await import("../../methods/er_ace/er_ace_plugin.ts");
      return { plugin: new ERACEPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "er-aml",
    summary:
      "replay in which new samples are compared with new classes only (Caccia et al. 2022), on top of any strategy",
    options: ER_AML_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { ERAMLPlugin } = await import("../../methods/er_aml/er_aml_plugin.ts");
      return { plugin: new ERAMLPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "feature-replay",
    summary: "replay of features into the classifier (Magistri et al. 2024), on top of any strategy",
    options: FEATURE_REPLAY_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { FeatureReplayPlugin } = await import("../../methods/feature_replay/feature_replay_plugin.ts");
      return { plugin: new FeatureReplayPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "latent-replay",
    summary: "replay of a layer's answers into the layers behind it (Pellegrini et al. 2020), on top of any strategy",
    options: LATENT_REPLAY_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { LatentReplayPlugin } = await import("../../methods/latent_replay/latent_replay_plugin.ts");
      return { plugin: new LatentReplayPlugin(options) };
    },
  }),
  defineFactory({
    name: "gss-greedy",
    summary: "replay of samples with diverse gradients (Aljundi et al. 2019), on top of any strategy",
    options: GSS_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GSSGreedyPlugin } = await import("../../methods/gss_greedy/gss_greedy_plugin.ts");
      return { plugin: new GSSGreedyPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "rar",
    summary: "replay of samples perturbed towards new classes (Kumari et al. 2022), on top of any strategy",
    options: RAR_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { RARPlugin } = await import("../../methods/rar/rar_plugin.ts");
      return { plugin: new RARPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "il2m",
    summary:
      "replay, and old classes' scores set right in evaluation (Belouadah and Popescu 2019), on top of any strategy",
    options: IL2M_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { IL2MPlugin } = await import("../../methods/il2m/il2m_plugin.ts");
      return { plugin: new IL2MPlugin(omitUndefined(options)) };
    },
  }),
];
