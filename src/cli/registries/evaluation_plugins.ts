import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ChosenPlugin, PluginContext } from "../../methods/method.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import { METRICS_OPTIONS } from "./metrics_options.ts";

/** Plugins that only watch: further metrics, and loggers that write into the run's folder. */
export const EVALUATION_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "metrics",
    summary: "measures more than accuracy, loss, forgetting and backward transfer",
    options: METRICS_OPTIONS,
    create: async (options, { benchmark, runFolder }: PluginContext) => {
      const compared = ["maxForgetting", "forwardTransfer"] as const;
      const refused = compared.find((name) => options[name] && benchmark.streams.has("train_online"));
      if (refused) {
        throw new RangeRefusal(
          `metrics: ${refused} requires experiences that are trained whole, without onlineExperienceSize`,
        );
      }
      const { createChosenMetrics } = await import("./create_chosen_metrics.ts");
      const { forwardTransfer: evaluatesFirst } = options;
      const { kind: targets } = readTargetForm(benchmark);
      return {
        plugin: { name: "metrics" },
        metrics: createChosenMetrics(options, { runFolder, targets }),
        evaluatesFirst,
      };
    },
  }),
  defineFactory({
    name: "tensorboard",
    summary: "writes event files for TensorBoard into the run's folder",
    options: {},
    create: async (_options, { runFolder }: PluginContext) => {
      const { TensorBoardLogger } = await import("../../evaluation/loggers/tensorboard_logger.ts");
      const logger = new TensorBoardLogger({ folder: runFolder, isOwnFolder: true });
      return { plugin: { name: "tensorboard" }, loggers: [logger] };
    },
  }),
  defineFactory({
    name: "csv",
    summary: "writes training_results.csv and eval_results.csv, as Avalanche does, into the run's folder",
    options: {},
    create: async (_options, { runFolder }: PluginContext) => {
      const { CSVLogger } = await import("../../evaluation/loggers/csv_logger.ts");
      return { plugin: { name: "csv" }, loggers: [new CSVLogger({ folder: runFolder })] };
    },
  }),
];
