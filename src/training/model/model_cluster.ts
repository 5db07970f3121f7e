import type * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../cluster/cluster.ts";
import type { ResolvedClusterOptions } from "../../cluster/cluster_options.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { growSnapshot } from "../../models/grow_snapshot.ts";
import type { GrowingHead } from "../../models/growing_head.ts";
import { createModelFromSnapshot, flattenWeights } from "../../models/model_snapshot.ts";
import type { OptimizerRule } from "../../optimizers/parameter_groups.ts";
import { createModelGrowth, type ModelGrowth } from "./model_growth.ts";

/** Starts the replicas of a model as it is. The caller closes them. */
export function startCluster(
  model: tf.LayersModel,
  options: ResolvedClusterOptions,
  training: { readonly optimizer: OptimizerRule; readonly seed: number },
): Promise<Cluster> {
  return Cluster.start({ ...flattenWeights(model), outputSize: countOutputs(model) }, options, training);
}

/**
 * Has running replicas go over to a model with these heads; what is new depends on the seed alone.
 * @returns The model, which the caller owns, and how vectors changed places.
 */
export async function growCluster(
  cluster: Cluster,
  heads: readonly GrowingHead[],
  { seed }: { readonly seed: number },
): Promise<{ readonly model: tf.LayersModel; readonly growth: ModelGrowth }> {
  const { model: before, parameters, state } = cluster;
  const grown = growSnapshot({ ...before, parameters, state }, { heads, seed });
  const model = await createModelFromSnapshot(grown);
  await cluster.replaceModel({ ...grown, outputSize: countOutputs(model) });
  return { model, growth: createModelGrowth(before, grown) };
}
