import { availableParallelism } from "node:os";
import { RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { callback, flag, listOf, number, objectLike, oneOf, text, wholeNumber } from "../core/options/value_rules.ts";
import { resolveModule } from "../core/package_module.ts";
import { assertDevice } from "../engine/create_engine.ts";
import { ENGINE_KINDS, type EngineChoice } from "../engine/engine_kind.ts";
import { type CudaOptions, cudaOptionsRule } from "../engine/onnxruntime/cuda/cuda_options.ts";
import { TRAINING_PRECISIONS, type TrainingPrecision } from "../onnx/precision/precision.ts";
import type { FeaturePlan } from "./features/feature_plan.ts";
import { ISOLATIONS, type IsolationChoice } from "./isolation.ts";
import { Ranks } from "./ranks/ranks.ts";
import { DEFAULT_SILENCE_TIMEOUT_MS } from "./supervision/silence_watch.ts";

/** More shards than any minibatch is cut into: each has 16 rows or more. */
const MAX_SHARDS = 65_536;

/** Bytes of features of frozen layers that replicas keep by default, all of them together. */
const FEATURE_CACHE_BYTES = 2 ** 30;

/** More Workers than this are a mistake. */
const MAX_WORKERS = 256;

/** How a model's replicas are laid out. */
export interface ClusterOptions {
  /**
   * Worker threads with a replica each; 0 computes in the coordinator. Default: the number of devices, or of cores.
   */
  readonly workers?: number;
  /** Shards that a minibatch is cut into. Default: as many as workers (at least 1), times the ranks. */
  readonly logicalShards?: number;
  /** Default: "auto". */
  readonly engine?: EngineChoice;
  /** Devices, given to the workers in turn. Default: ["cpu"]. */
  readonly devices?: readonly string[];
  /**
   * How long a replica may show no sign of life before the step fails. Its first computation, which nobody knows the
   * length of, may take ten minutes where this is 8000 or more, and later ones 20 times the slowest. Default: 8000.
   */
  readonly silenceTimeoutMs?: number;
  /** How many lost replicas are replaced, each step then being repeated. Default: none (the step fails). */
  readonly maxRestarts?: number;
  /** Gets one line for every replica that is replaced. */
  readonly onRestart?: (message: string) => void;
  /**
   * Modules that register custom layers with `tf.serialization.registerClass`: absolute addresses (`import.meta.url`),
   * imported in each replica's Worker, for the engine tfjs. Default: none.
   */
  readonly layerModules?: readonly string[];
  /**
   * How many bytes of features all replicas together may keep: what frozen layers below the first trained one give is
   * computed once a sample. 0 computes it at every step. Default: 2 ** 30.
   */
  readonly featureCacheBytes?: number;
  /**
   * The folder where features are kept in files instead, for later runs, too: named after the frozen layers, their
   * weights and the samples. Default: they are kept in memory.
   */
  readonly featureCacheFolder?: string | undefined;
  /** Told what is computed once a sample, when the replicas have started. */
  readonly onFeatures?: (plan: FeaturePlan) => void;
  /** The processes that share each minibatch. Default: this one alone. */
  readonly ranks?: Ranks;
  /**
   * What training steps are computed in; parameters, what is evaluated and what plugins ask for are float32. Half
   * precision is refused on devices that gain nothing by it. Default: "float32".
   */
  readonly precision?: TrainingPrecision;
  /** True computes in half precision there, too: for tests of training in half precision. Default: false. */
  readonly anyDevicePrecision?: boolean;
  /** How onnxruntime computes on CUDA devices. Default: {}. */
  readonly cuda?: CudaOptions;
  /**
   * What each replica lives in: a Worker "thread" of this process, or a "process" of its own, whose death, in native
   * code too, loses that replica alone. Default: "auto", processes where threads cannot use the devices side by side
   * (several GPUs with tfjs, several times webgpu with onnxruntime), else threads.
   */
  readonly isolation?: IsolationChoice;
  /**
   * The module that replicas' Workers and processes run, for programs that bundle it elsewhere. Default:
   * workers/replica.ts.
   */
  readonly workerEntry?: URL;
}

/** What `ClusterOptions` may be. */
const CLUSTER_RULES: OptionRules<ClusterOptions> = {
  workers: wholeNumber(0, MAX_WORKERS),
  logicalShards: wholeNumber(1, MAX_SHARDS),
  engine: oneOf(["auto", ...ENGINE_KINDS]),
  devices: listOf(text(), 1),
  silenceTimeoutMs: number({ atLeast: 100, atMost: 86_400_000 }),
  maxRestarts: wholeNumber(),
  onRestart: callback(),
  layerModules: listOf(text()),
  featureCacheBytes: wholeNumber(),
  featureCacheFolder: text(1),
  onFeatures: callback(),
  ranks: objectLike("what joinRanks() gave", "rank", "size", "exchange"),
  precision: oneOf(TRAINING_PRECISIONS),
  anyDevicePrecision: flag(),
  cuda: cudaOptionsRule,
  isolation: oneOf(["auto", ...ISOLATIONS]),
  workerEntry: objectLike("a URL", "href"),
};

const WORKER_ENTRY = resolveModule("../../workers/replica.ts", import.meta.url);

/** The same with every choice made that needs no engine; there may be no folder of features. */
export interface ResolvedClusterOptions
  extends Required<Omit<ClusterOptions, "featureCacheFolder">>,
    Pick<ClusterOptions, "featureCacheFolder"> {}

/**
 * Fills in the defaults.
 * @throws {RangeError} If a number is out of range or a device has no such name. {TypeError} If an option has none.
 */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  assertOptions("cluster", options, CLUSTER_RULES);
  const devices = options.devices ?? ["cpu"];
  for (const device of devices) assertDevice(device);
  const onlyCpu = devices.every((device) => device === "cpu");
  const workers = options.workers ?? (onlyCpu ? availableParallelism() : devices.length);
  const ranks = options.ranks ?? Ranks.single();
  const logicalShards = options.logicalShards ?? ranks.size * Math.max(1, workers);
  const { isolation = "auto" } = options;
  if (isolation === "process" && workers === 0) {
    throw new RangeRefusal('isolation "process" needs at least one worker, got 0');
  }
  const silenceTimeoutMs = options.silenceTimeoutMs ?? DEFAULT_SILENCE_TIMEOUT_MS;
  const { engine = "auto", workerEntry = WORKER_ENTRY, maxRestarts = 0, onRestart = () => {} } = options;
  const { layerModules = [], featureCacheBytes = FEATURE_CACHE_BYTES, cuda = {} } = options;
  const { featureCacheFolder, onFeatures = () => {} } = options;
  const { precision = "float32", anyDevicePrecision = false } = options;
  return {
    workers,
    logicalShards,
    engine,
    devices,
    silenceTimeoutMs,
    maxRestarts,
    onRestart,
    workerEntry,
    layerModules,
    featureCacheBytes,
    featureCacheFolder,
    onFeatures,
    ranks,
    precision,
    anyDevicePrecision,
    cuda,
    isolation,
  };
}
