import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ResolvedOptions } from "../../core/options/option_schema.ts";
import { describeTargetForm } from "../../data/float_targets.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import type { ChosenPlugin, PluginContext } from "../method.ts";
import { type earlyStopping, WATCHED_BY_DEFAULT } from "./options.ts";

/**
 * The plugin that the options of `early-stopping` ask for.
 * @throws {RangeRefusal} If the benchmark has no validation stream, or accuracy is watched where there are no classes.
 */
export async function createEarlyStopping(
  { evalEvery, ...options }: ResolvedOptions<typeof earlyStopping.options>,
  { benchmark }: PluginContext,
): Promise<ChosenPlugin> {
  if (!benchmark.streams.has("valid")) {
    const missing = `${benchmark.name} has none (its option validationSize=0.1 makes one)`;
    throw new RangeRefusal(`early-stopping requires a validation stream, ${missing}`);
  }
  const form = readTargetForm(benchmark);
  if (form.kind !== "classes" && options.metricName === WATCHED_BY_DEFAULT) {
    const fitting = form.kind === "values" ? "Top1_R2_Stream" : "MacroF1_Stream";
    const wanted = `metricName such as ${fitting}, or Loss_Stream with mode=min`;
    throw new RangeRefusal(`early-stopping requires ${wanted}, where targets are ${describeTargetForm(form)}`);
  }
  const { EarlyStoppingPlugin } = await import("./early_stopping_plugin.ts");
  return { plugin: new EarlyStoppingPlugin({ ...options, valStreamName: "valid" }), evalEvery };
}
