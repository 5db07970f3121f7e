import { ISOLATIONS, type Isolation } from "../../../cluster/isolation.ts";
import { describeUnknownName } from "../../../core/errors/errors.ts";
import { assertOfferedDevice } from "../../../engine/create_engine.ts";
import { ENGINE_KINDS, type EngineChoice } from "../../../engine/engine_kind.ts";
import { CONVOLUTION_SEARCHES, type CudaOptions } from "../../../engine/onnxruntime/cuda/cuda_options.ts";
import { MEASURE_NAMES } from "../../../evaluation/measures.ts";
import { TRAINING_PRECISIONS, type TrainingPrecision } from "../../../onnx/precision/precision.ts";
import { parseCheckpointInterval } from "../../../runs/checkpoints/checkpoint_interval.ts";
import type { ExportForm } from "../../../runs/exports/export_form.ts";
import type { RunConfig } from "../../../runs/run_config.ts";
import { CliError, refuseAsTyped } from "../../cli_error.ts";
import { loadNamed, resolveNamed } from "../../options/named_factory.ts";
import { assertOneFolder } from "../../options/one_folder.ts";
import { countDefaultWorkers, type FeatureCache } from "../../options/option_values.ts";
import { BENCHMARKS } from "../../registries/benchmarks.ts";
import { CRITERIA } from "../../registries/criteria.ts";
import { EXPORT_FORMS } from "../../registries/export_forms.ts";
import { METRICS } from "../../registries/metrics.ts";
import { MODELS } from "../../registries/models.ts";
import { OPTIMIZERS } from "../../registries/optimizers.ts";
import { PLUGINS } from "../../registries/plugins.ts";
import { STRATEGIES } from "../../registries/strategies.ts";

/** The options of train that decide a run, as the command line holds them. */
export interface TrainOptions {
  readonly benchmark: string;
  readonly strategy: string;
  readonly plugin: readonly string[];
  readonly metric: readonly string[];
  readonly measure?: string;
  readonly model: string;
  readonly optimizer: string;
  readonly criterion?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly evalBatchSize: number;
  readonly workers?: number;
  readonly logicalShards?: number;
  readonly isolation?: string;
  readonly engine: string;
  readonly device: string;
  readonly seed: number;
  readonly data?: string;
  readonly checkpointEvery: string;
  readonly maxRestarts: number;
  /** Bytes of memory, or a folder. */
  readonly featureCache?: FeatureCache;
  /** In bytes. */
  readonly cache?: number;
  readonly precision: string;
  readonly tf32: boolean;
  readonly convolutionSearch?: string;
  readonly pinnedMemory: boolean;
  /** The form in which models are exported once more. */
  readonly export?: string;
  /** Whether low-rank adapters stay nodes of exported models. */
  readonly keepAdapters: boolean;
  /** Whether models are exported. */
  readonly onnx: boolean;
}

/** A run's configuration with the types that the engine layer wants. */
export interface TrainConfig extends RunConfig {
  readonly engine: EngineChoice;
  readonly isolation?: Isolation | undefined;
  readonly precision?: TrainingPrecision | undefined;
  readonly convolutionSearch?: CudaOptions["convolutionSearch"];
}

/**
 * Turns options into a configuration with every default filled in. Runs the modules that are named, for the schemas of
 * their options; touches nothing else outside.
 * @param ranks How many processes train together. Default: 1.
 * @throws {CliError} If a name is unknown or a value is out of range.
 */
export async function createTrainConfig(options: TrainOptions, ranks = 1): Promise<TrainConfig> {
  const { epochs, batchSize, dropLast, evalBatchSize, seed, data = null, checkpointEvery, maxRestarts } = options;
  refuseAsTyped(() => parseCheckpointInterval(checkpointEvery));
  const benchmark = resolveNamed(BENCHMARKS, options.benchmark);
  assertOneFolder(benchmark, options.data);
  const strategy = await loadNamed(STRATEGIES, options.strategy);
  const plugins = await Promise.all(options.plugin.map((text) => loadNamed(PLUGINS, text)));
  const metrics = await Promise.all(options.metric.map((text) => loadNamed(METRICS, text)));
  const model = await loadNamed(MODELS, options.model);
  const optimizer = resolveNamed(OPTIMIZERS, options.optimizer);
  const devices = parseDevices(options.device);
  // Ranks share machines; how many are on this one is the launcher's business.
  const workers = options.workers ?? (ranks > 1 ? 1 : countDefaultWorkers(devices));
  return {
    version: 1,
    // The seed that the benchmark will get, so that config.json leaves nothing open.
    benchmark: { ...benchmark, options: { ...benchmark.options, seed: benchmark.options.seed ?? seed } },
    strategy,
    plugins,
    model,
    optimizer,
    epochs,
    batchSize,
    dropLast,
    evalBatchSize,
    workers,
    logicalShards: options.logicalShards ?? ranks * Math.max(1, workers),
    ...(options.isolation === undefined ? {} : { isolation: parseIsolation(options.isolation) }),
    engine: parseName("engine", options.engine, ["auto", ...ENGINE_KINDS]),
    devices,
    seed,
    data,
    checkpointEvery,
    maxRestarts,
    ...(options.featureCache === undefined ? {} : { featureCache: options.featureCache }),
    ...(options.cache === undefined ? {} : { cacheBytes: options.cache }),
    ...(options.precision === "float32"
      ? {}
      : { precision: parseName("precision", options.precision, TRAINING_PRECISIONS) }),
    ...(options.tf32 ? {} : { tf32: false }),
    ...(options.convolutionSearch === undefined
      ? {}
      : { convolutionSearch: parseName("convolution search", options.convolutionSearch, CONVOLUTION_SEARCHES) }),
    ...(options.pinnedMemory ? { pinnedMemory: true } : {}),
    exportsModels: options.onnx,
    ...(options.keepAdapters ? { keepAdapters: true } : {}),
    ...(options.export === undefined ? {} : { exportForm: parseExportForm(options.export, options.onnx) }),
    ...(options.criterion === undefined ? {} : { criterion: resolveNamed(CRITERIA, options.criterion) }),
    ...(metrics.length > 0 ? { metrics } : {}),
    ...(options.measure === undefined ? {} : { measure: parseName("measure", options.measure, MEASURE_NAMES) }),
  };
}

/** @throws {CliError} If it is no such form, or models are not exported. */
function parseExportForm(text: string, exportsModels: boolean): ExportForm {
  if (!exportsModels) throw new CliError("--export needs models that are exported: leave --no-onnx out");
  const [form] = EXPORT_FORMS.factories;
  return resolveNamed(EXPORT_FORMS, `${form?.name}:${text}`).options;
}

/** @throws {CliError} If replicas live in nothing of that name. */
export function parseIsolation(text: string): Isolation {
  return parseName("isolation", text, ISOLATIONS);
}

/** @throws {CliError} If there is none of that name. */
function parseName<const Name extends string>(what: string, name: string, names: readonly Name[]): Name {
  const found = names.find((known) => known === name);
  if (found !== undefined) return found;
  throw new CliError(describeUnknownName(what, name, names));
}

/** @throws {CliError} If a device has no such name. */
export function parseDevices(text: string): readonly string[] {
  const devices = text.split("|");
  for (const device of devices) refuseAsTyped(() => assertOfferedDevice(device));
  return devices;
}
