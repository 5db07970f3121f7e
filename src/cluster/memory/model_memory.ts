import { type LayoutChange, remapVector } from "../../core/remap_vector.ts";
import type { OptimizerRule } from "../../optimizers/parameter_groups.ts";
import { countStateVectors } from "../../optimizers/step_optimizer.ts";
import type { ClusterModel } from "../cluster_model.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import { createReplicaMemory, type MemorySizes, type ReplicaMemory } from "./replica_memory.ts";

/** Allocates the shared memory for a model and copies its vectors there. */
export function createModelMemory(
  model: ClusterModel,
  { logicalShards, ranks, workers, maxRestarts }: ResolvedClusterOptions,
  { movesState, optimizer }: Pick<MemorySizes, "movesState"> & { readonly optimizer: OptimizerRule },
): ReplicaMemory {
  const sizes = {
    movesState,
    shards: logicalShards,
    ownShards: Math.ceil(logicalShards / ranks.size),
    replicas: Math.max(1, workers),
    optimizerVectors: countStateVectors(optimizer),
    keepsChunks: workers > 0 && maxRestarts > 0,
  };
  return fillMemory(createReplicaMemory({ ...sizes, ...measureModel(model) }), model);
}

/**
 * Allocates the memory for a model that has grown, for the replicas that work with `memory`: the control block stays,
 * and the optimizer's vectors are carried over, zero where nothing was.
 */
export function growModelMemory(
  memory: ReplicaMemory,
  model: ClusterModel,
  { movesState, ...change }: LayoutChange & Pick<MemorySizes, "movesState">,
): ReplicaMemory {
  const sizes = { ...memory.sizes, ...measureModel(model), movesState };
  const grown = fillMemory(createReplicaMemory(sizes, memory), model);
  for (const [i, vector] of memory.optimizer.entries()) {
    const into = grown.optimizer[i];
    if (into) remapVector(vector, { ...change, into });
  }
  return grown;
}

function measureModel({ layout, stateLayout, outputSize }: ClusterModel) {
  return { parameters: layout.size, state: stateLayout.size, outputs: outputSize };
}

function fillMemory(memory: ReplicaMemory, model: ClusterModel): ReplicaMemory {
  memory.parameters.set(model.parameters);
  memory.state.set(model.state);
  return memory;
}
