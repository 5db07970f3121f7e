import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { FROM_SCRATCH_OPTIONS } from "./baseline_options.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";

/** Plugins that make baselines of other strategies. */
export const BASELINE_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "from-scratch",
    summary: "puts the model back to its initial parameters before each experience",
    options: FROM_SCRATCH_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { FromScratchTrainingPlugin } = await import(
        "../../methods/from_scratch_training/from_scratch_training_plugin.ts"
      );
      return { plugin: new FromScratchTrainingPlugin(omitUndefined(options)) };
    },
  }),
];
