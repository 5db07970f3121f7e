import { z } from "zod";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { BASELINE_PLUGINS } from "./baseline_plugins.ts";
import { EVALUATION_PLUGINS } from "./evaluation_plugins.ts";
import { REPLAY_OPTIONS } from "./method_options.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";
import { REGULARIZATION_PLUGINS } from "./regularization_plugins.ts";
import { REHEARSAL_PLUGINS } from "./rehearsal_plugins.ts";
import { REPRESENTATION_PLUGINS } from "./representation_plugins.ts";
import { createStoragePolicy } from "./storage_policy.ts";
import { TRAINING_PLUGINS } from "./training_plugins.ts";

/** The plugins there are. Each is loaded when it is made. */
export const PLUGINS: Registry<PluginContext, Promise<ChosenPlugin>> = {
  kind: "plugin",
  factories: [
    defineFactory({
      name: "early-stopping",
      summary: "ends an experience's epochs when its validation part gets no better, and keeps the best parameters",
      options: z.strictObject({
        patience: z.int().min(1).describe("evaluations without improvement after which training stops"),
        metricName: z
          .string()
          .min(1)
          .default("Top1_Acc_Stream")
          .describe("the metric that is looked at, by name or by its whole key"),
        mode: z.enum(["max", "min"]).default("max").describe("whether more of it is better, or less"),
        margin: z.number().min(0).default(0).describe("the least improvement that counts"),
        evalEvery: z.int().min(1).default(1).describe("epochs between evaluations"),
      }),
      create: async ({ evalEvery, ...options }, { benchmark }: PluginContext) => {
        if (!benchmark.streams.has("valid")) {
          const missing = `${benchmark.name} has none (its option validationSize=0.1 makes one)`;
          throw new RangeRefusal(`early-stopping requires a validation stream, ${missing}`);
        }
        const { EarlyStoppingPlugin } = await import("../../methods/early_stopping/early_stopping_plugin.ts");
        return { plugin: new EarlyStoppingPlugin({ ...options, valStreamName: "valid" }), evalEvery };
      },
    }),
    defineFactory({
      name: "replay",
      summary: "experience replay (Chaudhry et al. 2019), on top of any strategy",
      options: REPLAY_OPTIONS,
      create: async ({ storagePolicy, ...options }, _context: PluginContext) => {
        const { ReplayPlugin } = await import("../../methods/replay/replay_plugin.ts");
        const policy = await createStoragePolicy(storagePolicy, options.memSize);
        return { plugin: new ReplayPlugin({ ...omitUndefined(options), storagePolicy: policy }) };
      },
    }),
    ...BASELINE_PLUGINS,
    ...REHEARSAL_PLUGINS,
    ...REPRESENTATION_PLUGINS,
    ...REGULARIZATION_PLUGINS,
    ...TRAINING_PLUGINS,
    ...EVALUATION_PLUGINS,
  ],
};
