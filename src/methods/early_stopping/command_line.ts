import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ResolvedOptions } from "../../core/options/option_schema.ts";
import type { ChosenPlugin, PluginContext } from "../method.ts";
import type { earlyStopping } from "./options.ts";

/**
 * The plugin that the options of `early-stopping` ask for.
 * @throws {RangeRefusal} If the benchmark has no validation stream.
 */
export async function createEarlyStopping(
  { evalEvery, ...options }: ResolvedOptions<typeof earlyStopping.options>,
  { benchmark }: PluginContext,
): Promise<ChosenPlugin> {
  if (!benchmark.streams.has("valid")) {
    const missing = `${benchmark.name} has none (its option validationSize=0.1 makes one)`;
    throw new RangeRefusal(`early-stopping requires a validation stream, ${missing}`);
  }
  const { EarlyStoppingPlugin } = await import("./early_stopping_plugin.ts");
  return { plugin: new EarlyStoppingPlugin({ ...options, valStreamName: "valid" }), evalEvery };
}
