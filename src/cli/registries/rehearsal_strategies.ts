import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { GENERATIVE_REPLAY_OPTIONS } from "./generative_options.ts";
import {
  AGEM_OPTIONS,
  AR1_OPTIONS,
  DER_OPTIONS,
  ER_ACE_OPTIONS,
  ER_AML_OPTIONS,
  FEATURE_REPLAY_OPTIONS,
  GDUMB_OPTIONS,
  GEM_OPTIONS,
  GSS_OPTIONS,
  IL2M_OPTIONS,
  LA_MAML_OPTIONS,
  MER_OPTIONS,
  MIR_OPTIONS,
} from "./rehearsal_options.ts";

/** Strategies that keep samples of the past, replay aside. */
export const REHEARSAL_STRATEGIES: readonly NamedFactory<StrategyOptions, Promise<BaseStrategy>>[] = [
  defineFactory({
    name: "gem",
    summary: "gradient episodic memory (Lopez-Paz and Ranzato 2017)",
    options: GEM_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { GEM } = await import("../../methods/gem/gem.ts");
      return new GEM({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "agem",
    summary: "averaged gradient episodic memory (Chaudhry et al. 2019)",
    options: AGEM_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { AGEM } = await import("../../methods/agem/agem.ts");
      return new AGEM({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "generative-replay",
    summary: "replay of what a variational autoencoder makes up, classed by the last model (Shin et al. 2017)",
    options: GENERATIVE_REPLAY_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { GenerativeReplay } = await import("../../methods/generative_replay/generative_replay.ts");
      return new GenerativeReplay({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "gdumb",
    summary: "training from scratch on a class-balanced memory alone (Prabhu et al. 2020)",
    options: GDUMB_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { GDumb } = await import("../../methods/gdumb/gdumb.ts");
      return new GDumb({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "mir",
    summary: "replay of the samples that a step would hurt most (Aljundi et al. 2019)",
    options: MIR_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { MIR } = await import("../../methods/mir/mir.ts");
      return new MIR({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "der",
    summary: "dark experience replay, DER++ unless beta=0 (Buzzega et al. 2020)",
    options: DER_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { DER } = await import("../../methods/der/der.ts");
      return new DER({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "er-ace",
    summary: "replay in which new samples compete with new classes only (Caccia et al. 2022)",
    options: ER_ACE_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { ER_ACE } = await import("../../methods/er_ace/er_ace.ts");
      return new ER_ACE({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "er-aml",
    summary: "replay in which new samples are compared with new classes only (Caccia et al. 2022)",
    options: ER_AML_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { ER_AML } = await import("../../methods/er_aml/er_aml.ts");
      return new ER_AML({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "feature-replay",
    summary: "replay of features into the classifier (Magistri et al. 2024)",
    options: FEATURE_REPLAY_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { FeatureReplay } = await import("../../methods/feature_replay/feature_replay.ts");
      return new FeatureReplay({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "ar1",
    summary: "CWR* head, synaptic intelligence below it, latent replay (Maltoni and Lomonaco 2019)",
    options: AR1_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { AR1 } = await import("../../methods/ar1/ar1.ts");
      return new AR1({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "gss-greedy",
    summary: "replay of samples with diverse gradients (Aljundi et al. 2019)",
    options: GSS_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { GSS_greedy } = await import("../../methods/gss_greedy/gss_greedy.ts");
      return new GSS_greedy({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "il2m",
    summary: "replay, and old classes' scores set right in evaluation (Belouadah and Popescu 2019)",
    options: IL2M_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { IL2M } = await import("../../methods/il2m/il2m.ts");
      return new IL2M({ ...context, ...omitUndefined(options) });
    },
  }),
  defineFactory({
    name: "mer",
    summary: "replay and Reptile, one sample at a time (Riemer et al. 2019)",
    options: MER_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { MER } = await import("../../methods/mer/mer.ts");
      return new MER({ ...context, ...options });
    },
  }),
  defineFactory({
    name: "la-maml",
    summary: "meta-learnt learning rates, first order (Gupta et al. 2020)",
    options: LA_MAML_OPTIONS,
    create: async (options, context: StrategyOptions) => {
      const { LaMAML } = await import("../../methods/la_maml/la_maml.ts");
      return new LaMAML({ ...context, ...options });
    },
  }),
];
