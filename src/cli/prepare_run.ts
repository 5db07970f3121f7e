import { cannot } from "../core/errors.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import { findUnsupportedLayers } from "../onnx/parse_topology.ts";
import { assertNoRun, createNumberedRunDirectory, createRunDirectory } from "../runs/run_directory.ts";
import { createTrainingRun, type TrainingRun } from "../runs/training_run.ts";
import { createNamed } from "./named_factory.ts";
import { formatNamed } from "./parse_named.ts";
import { BENCHMARKS } from "./registries/benchmarks.ts";
import { MODELS } from "./registries/models.ts";
import { OPTIMIZERS } from "./registries/optimizers.ts";
import { PLUGINS } from "./registries/plugins.ts";
import { STRATEGIES } from "./registries/strategies.ts";
import type { TrainConfig } from "./train_config.ts";

/** What does not decide a run's numbers. */
export interface RunSurroundings {
  /** The run's folder; a numbered one in "runs" if undefined. */
  readonly out: string | undefined;
  readonly loggers: readonly Logger[];
  readonly signal: AbortSignal;
  /** False leaves the ONNX files out. */
  readonly exportsModels: boolean;
}

/**
 * Makes everything that a configuration names, and last the run's folder.
 * @throws {Error} If data is missing, a value is out of range or the folder holds a run; nothing was written then.
 */
export async function prepareRun(config: TrainConfig, around: RunSurroundings): Promise<TrainingRun<TrainConfig>> {
  const { out, loggers, signal, exportsModels } = around;
  const { seed, workers, logicalShards, engine, devices } = config;
  if (out !== undefined) await assertNoRun(out);
  const optimizer = createNamed(OPTIMIZERS, config.optimizer, undefined);
  const benchmark = await createNamed(BENCHMARKS, config.benchmark, { seed, data: config.data ?? undefined });
  const plugins = await Promise.all(config.plugins.map((choice) => createNamed(PLUGINS, choice, { benchmark })));
  const { numClasses, sampleShape: inputShape, isTaskIncremental } = benchmark;
  const model = await createNamed(MODELS, config.model, { numClasses, inputShape, seed, isTaskIncremental });
  if (exportsModels) assertExportable(model.toJSON(undefined, false));
  return createTrainingRun({
    benchmark,
    config,
    loggers,
    signal,
    exportsModels,
    labels: { strategy: formatNamed(config.strategy), benchmark: formatNamed(config.benchmark) },
    directory: () =>
      out === undefined
        ? createNumberedRunDirectory("runs", `${config.strategy.name}-${config.benchmark.name}`)
        : createRunDirectory(out),
    createStrategy: (parts) =>
      createNamed(STRATEGIES, config.strategy, {
        model,
        optimizer,
        seed,
        evaluator: parts.evaluator,
        plugins: [...plugins.map(({ plugin }) => plugin), ...parts.plugins],
        evalEvery: Math.max(-1, ...plugins.map(({ evalEvery = -1 }) => evalEvery)),
        trainEpochs: config.epochs,
        trainMbSize: config.batchSize,
        evalMbSize: config.evalBatchSize,
        cluster: { workers, logicalShards, engine, devices },
      }),
  });
}

function assertExportable(topology: unknown): void {
  const reasons = findUnsupportedLayers(topology);
  if (reasons.length === 0) return;
  const wanted = "layers that can be exported (--no-onnx trains without exporting)";
  throw new RangeError(cannot("train the model", wanted, reasons.join("; ")));
}
