import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { createLRScheduler } from "./lr_scheduler.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";
import {
  GRADIENT_ACCUMULATION_OPTIONS,
  GRADIENT_CLIPPING_OPTIONS,
  LR_SCHEDULER_OPTIONS,
  SHRINK_AND_PERTURB_OPTIONS,
  WEIGHT_AVERAGING_OPTIONS,
} from "./training_options.ts";

/** Plugins that change how any strategy steps. */
export const TRAINING_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "lr-scheduler",
    summary: "changes the learning rate by a schedule, with a warm-up, or when a loss has stopped falling",
    options: LR_SCHEDULER_OPTIONS,
    create: (options, _context: PluginContext) => createLRScheduler(options),
  }),
  defineFactory({
    name: "gradient-clipping",
    summary: "limits the gradient before the optimizer steps",
    options: GRADIENT_CLIPPING_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GradientClippingPlugin } = await import("../../methods/gradient_clipping/gradient_clipping_plugin.ts");
      return { plugin: new GradientClippingPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "gradient-accumulation",
    summary: "lets the optimizer step once for several minibatches",
    options: GRADIENT_ACCUMULATION_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { GradientAccumulationPlugin } = await import(
        "../../methods/gradient_accumulation/gradient_accumulation_plugin.ts"
      );
      return { plugin: new GradientAccumulationPlugin(options) };
    },
  }),
  defineFactory({
    name: "weight-averaging",
    summary: "keeps a moving average of the parameters and evaluates with it",
    options: WEIGHT_AVERAGING_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { WeightAveragingPlugin } = await import("../../methods/weight_averaging/weight_averaging_plugin.ts");
      return { plugin: new WeightAveragingPlugin(options) };
    },
  }),
  defineFactory({
    name: "shrink-and-perturb",
    summary: "moves parameters back towards a fresh start (Ash and Adams 2020)",
    options: SHRINK_AND_PERTURB_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { ShrinkAndPerturbPlugin } = await import("../../methods/shrink_and_perturb/shrink_and_perturb_plugin.ts");
      return { plugin: new ShrinkAndPerturbPlugin(options) };
    },
  }),
];
