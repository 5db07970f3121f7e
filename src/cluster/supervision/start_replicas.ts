import { assertPrecision } from "../../engine/assert_precision.ts";
import { assertCudaOptions, assertPlaces, type EngineModel } from "../../engine/create_engine.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import { openFeatureFolder } from "../features/feature_file.ts";
import { keepsFeatures } from "../features/feature_handle.ts";
import { type Isolation, isolateDevice } from "../isolation.ts";
import { listDevices } from "../list_devices.ts";
import type { ReplicaMemory } from "../memory/replica_memory.ts";
import { carryInProcesses } from "../processes/carry_in_processes.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { RankedReplicas } from "../ranks/ranked_replicas.ts";
import { InlineReplica } from "./inline_replica.ts";
import { carryInThreads, type ReplicaCarrier } from "./replica_carrier.ts";
import { WorkerReplicas } from "./worker_replicas.ts";

/**
 * Starts as many replicas of a model as the options say, each on its device: in Workers, in processes, or one in this
 * thread.
 * @throws {RangeError} If the engine cannot compute on these devices, or options have no effect there.
 * @throws {Error} If an engine cannot be loaded; nothing is left running then.
 */
export async function startReplicas(
  model: EngineModel,
  memory: ReplicaMemory,
  options: ResolvedClusterOptions & { readonly isolation: Isolation; readonly hasTaskHeads: boolean },
): Promise<ReplicaGroup> {
  const { isolation, workerEntry: entry, cuda, precision, anyDevicePrecision } = options;
  const places = listDevices(options).map((device) =>
    isolation === "process" ? isolateDevice(model.kind, device) : { device, environment: {} },
  );
  const devices = places.map(({ device }) => device);
  await openFeatureFolder(options.featureCacheFolder);
  // Several replicas add up their gradients in shared memory; and with one that is lost its vectors would be, too.
  // A step on a device leaves no part of them alone.
  const isAlone = devices.length === 1 && options.ranks.size === 1;
  const keepsVectors = isAlone && options.maxRestarts === 0 && !options.hasTaskHeads;
  const specs = devices.map((device) => ({
    model,
    device,
    keepsFeatures: keepsFeatures(options),
    cuda,
    precision,
    keepsVectors,
  }));
  // A process has one of them, and this one has all that are not elsewhere.
  for (const group of isolation === "process" ? devices.map((device) => [device]) : [devices]) {
    await assertPlaces(model.kind, group);
  }
  if (!anyDevicePrecision) assertPrecision({ precision, engine: model.kind, devices });
  assertCudaOptions(model.kind, devices, cuda);
  const [first] = specs;
  const group =
    first && options.workers === 0
      ? await InlineReplica.start(first, memory)
      : await WorkerReplicas.start(specs, memory, { ...options, carrier: await openCarrier() });
  return options.ranks.size > 1 ? new RankedReplicas(group, memory, options.ranks) : group;

  function openCarrier(): ReplicaCarrier | Promise<ReplicaCarrier> {
    if (isolation === "thread") return carryInThreads(entry);
    return carryInProcesses({ entry, control: memory.control, devices: places });
  }
}
