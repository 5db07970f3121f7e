import type { TrainingRunOptions } from "../../runs/options/training_run_options.ts";
import type { TrainConfig } from "./config/train_config.ts";
import { createRunOptions } from "./prepare_run.ts";
import { findStartModel } from "./start_model.ts";

/**
 * Makes everything that the configuration of a run names, to look at the model of one of its checkpoints: the replica
 * is the main thread, on the processor. Nothing is written.
 * @param directory The run's folder.
 */
export async function reviveRun(
  config: TrainConfig,
  { directory, signal }: { readonly directory: string; readonly signal: AbortSignal },
): Promise<Omit<TrainingRunOptions<TrainConfig>, "directory">> {
  // They are about training, or about devices that there are perhaps none of.
  const {
    precision: _precision,
    tf32: _tf32,
    convolutionSearch: _search,
    pinnedMemory: _pinned,
    exportForm: _form,
    ...given
  } = config;
  const target = { kind: "resumed", directory } as const;
  const layout = { workers: 0, devices: ["cpu"] };
  const around = { target, layout, acceptChangedData: false, loggers: [], signal, report: () => undefined };
  const start = await findStartModel(config, directory);
  return createRunOptions({ given, start }, around, () => directory);
}
