import { z } from "zod";
import { cannot } from "../../core/errors.ts";
import type { Benchmark } from "../../streams/experience.ts";
import type { StrategyPlugin } from "../../training/strategy_plugin.ts";
import { defineFactory, type Registry } from "../named_factory.ts";
import { omitUndefined } from "../omit_undefined.ts";
import { EWC_OPTIONS, REPLAY_OPTIONS } from "./method_options.ts";
import { createStoragePolicy } from "./storage_policy.ts";

/** What a plugin is made for. */
export interface PluginContext {
  readonly benchmark: Benchmark;
}

/** A plugin, and what it asks of the strategy that it is put into. */
export interface ChosenPlugin {
  readonly plugin: StrategyPlugin;
  /** Epochs between evaluations on the validation stream while training. */
  readonly evalEvery?: number;
}

/** The plugins there are. Each is loaded when it is made. */
export const PLUGINS: Registry<PluginContext, Promise<ChosenPlugin>> = {
  kind: "plugin",
  factories: [
    defineFactory({
      name: "early-stopping",
      summary: "ends an experience's epochs when its validation part gets no better, and keeps the best parameters",
      options: z.strictObject({
        patience: z.int().min(1).describe("evaluations without improvement after which training stops"),
        metricName: z.string().min(1).default("Top1_Acc_Stream").describe("the metric that is looked at"),
        mode: z.enum(["max", "min"]).default("max").describe("whether more of it is better, or less"),
        margin: z.number().min(0).default(0).describe("the least improvement that counts"),
        evalEvery: z.int().min(1).default(1).describe("epochs between evaluations"),
      }),
      create: async ({ evalEvery, ...options }, { benchmark }: PluginContext) => {
        if (!benchmark.streams.has("valid")) {
          const wanted = "a benchmark with a validation stream (its option validationSize=0.1, say)";
          throw new RangeError(cannot("use the plugin early-stopping", wanted, benchmark.name));
        }
        const { EarlyStoppingPlugin } = await import("../../training/plugins/early_stopping_plugin.ts");
        return { plugin: new EarlyStoppingPlugin({ ...options, valStreamName: "valid" }), evalEvery };
      },
    }),
    defineFactory({
      name: "replay",
      summary: "experience replay (Chaudhry et al. 2019), on top of any strategy",
      options: REPLAY_OPTIONS,
      create: async ({ storagePolicy, ...options }, _context: PluginContext) => {
        const { ReplayPlugin } = await import("../../training/plugins/replay_plugin.ts");
        const policy = await createStoragePolicy(storagePolicy, options.memSize);
        return { plugin: new ReplayPlugin({ ...omitUndefined(options), storagePolicy: policy }) };
      },
    }),
    defineFactory({
      name: "ewc",
      summary: "elastic weight consolidation (Kirkpatrick et al. 2017), on top of any strategy",
      options: EWC_OPTIONS,
      create: async (options, _context: PluginContext) => {
        const { EWCPlugin } = await import("../../training/plugins/ewc_plugin.ts");
        return { plugin: new EWCPlugin(omitUndefined(options)) };
      },
    }),
  ],
};
