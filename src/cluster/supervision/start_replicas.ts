import { assertPrecision } from "../../engine/assert_precision.ts";
import { assertCudaOptions, assertPlaces, type EngineModel } from "../../engine/create_engine.ts";
import { listDevices, type ResolvedClusterOptions } from "../cluster_options.ts";
import type { ReplicaMemory } from "../memory/replica_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { RankedReplicas } from "../ranks/ranked_replicas.ts";
import { InlineReplica } from "./inline_replica.ts";
import { WorkerReplicas } from "./worker_replicas.ts";

/**
 * Starts as many replicas of a model as the options say, each on its device: in Workers, or one in this thread.
 * @throws {RangeError} If the engine cannot compute on these devices in one process, or options have no effect there.
 * @throws {Error} If an engine cannot be loaded; nothing is left running then.
 */
export async function startReplicas(
  model: EngineModel,
  memory: ReplicaMemory,
  options: ResolvedClusterOptions,
): Promise<ReplicaGroup> {
  const devices = listDevices(options);
  await assertPlaces(model.kind, devices);
  const { cuda, precision, anyDevicePrecision } = options;
  if (!anyDevicePrecision) assertPrecision({ precision, engine: model.kind, devices });
  assertCudaOptions(model.kind, devices, cuda);
  const featureCacheBytes = Math.floor(options.featureCacheBytes / devices.length);
  // Several replicas add up their gradients in shared memory; and with one that is lost its vectors would be, too.
  const keepsVectors = devices.length === 1 && options.ranks.size === 1 && options.maxRestarts === 0;
  const specs = devices.map((device) => ({ model, device, featureCacheBytes, cuda, precision, keepsVectors }));
  const [first] = specs;
  const group =
    first && options.workers === 0
      ? await InlineReplica.start(first, memory)
      : await WorkerReplicas.start(specs, memory, options);
  return options.ranks.size > 1 ? new RankedReplicas(group, memory, options.ranks) : group;
}
