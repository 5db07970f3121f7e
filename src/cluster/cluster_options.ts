import { availableParallelism } from "node:os";
import { assertInRange, assertWholeNumber, RangeRefusal } from "../core/errors.ts";
import { assertDevice } from "../engine/create_engine.ts";
import type { EngineChoice } from "../engine/engine_kind.ts";

/** How a model's replicas are laid out. */
export interface ClusterOptions {
  /**
   * Worker threads with a replica each; 0 computes in the coordinator. The number of devices, or of cores, if left out.
   */
  readonly workers?: number;
  /** Into how many shards a minibatch is cut, whoever computes them; as many as workers (at least 1) if left out. */
  readonly logicalShards?: number;
  /** "auto" if left out. */
  readonly engine?: EngineChoice;
  /** Devices, given to the workers in turn; ["cpu"] if left out. */
  readonly devices?: readonly string[];
  /** How long a replica may show no sign of life before the step fails; 8000 if left out. */
  readonly silenceTimeoutMs?: number;
  /** How many lost replicas are replaced, each step then being repeated; none (the step fails) if left out. */
  readonly maxRestarts?: number;
  /** Gets one line for every replica that is replaced. */
  readonly onRestart?: (message: string) => void;
  /**
   * Modules that register custom layers with `tf.serialization.registerClass`: absolute addresses (`import.meta.url`),
   * imported in each replica's Worker, for the engine tfjs. None if left out.
   */
  readonly layerModules?: readonly string[];
  /** The module that replicas' Workers run, for programs that bundle it elsewhere; workers/replica.ts if left out. */
  readonly workerEntry?: URL;
}

const WORKER_ENTRY = new URL("../../workers/replica.ts", import.meta.url);

/** The same with every choice made. */
export interface ResolvedClusterOptions extends Required<ClusterOptions> {}

/** More Workers than this are a mistake. */
const MAX_WORKERS = 256;

/**
 * Fills in the defaults.
 * @throws {RangeError} If a number is out of range or a device has no such name.
 */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  const devices = options.devices ?? ["cpu"];
  if (devices.length === 0) throw new RangeRefusal("devices must name at least one device");
  for (const device of devices) assertDevice(device);
  const onlyCpu = devices.every((device) => device === "cpu");
  const workers = options.workers ?? (onlyCpu ? availableParallelism() : devices.length);
  assertWholeNumber("lay out replicas", "workers", workers);
  if (workers > MAX_WORKERS) throw new RangeRefusal(`workers must be at most ${MAX_WORKERS}, got ${workers}`);
  const logicalShards = options.logicalShards ?? Math.max(1, workers);
  assertWholeNumber("lay out replicas", "logicalShards", logicalShards, 1);
  const silenceTimeoutMs = options.silenceTimeoutMs ?? 8_000;
  assertInRange("lay out replicas", "silenceTimeoutMs", silenceTimeoutMs, [100, 86_400_000]);
  const { engine = "auto", workerEntry = WORKER_ENTRY, maxRestarts = 0, onRestart = () => {} } = options;
  const { layerModules = [] } = options;
  assertWholeNumber("lay out replicas", "maxRestarts", maxRestarts);
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
  };
}

/** One device a replica: `devices` in turn. With no workers there is one replica, in the coordinator. */
export function listDevices({ workers, devices }: Pick<ResolvedClusterOptions, "workers" | "devices">): string[] {
  return Array.from({ length: Math.max(1, workers) }, (_, index) => devices[index % devices.length] ?? "cpu");
}
