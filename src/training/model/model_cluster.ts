import type * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../cluster/cluster.ts";
import type { ClusterModel } from "../../cluster/cluster_model.ts";
import type { ResolvedClusterOptions } from "../../cluster/cluster_options.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { growSnapshot } from "../../models/growth/grow_snapshot.ts";
import { type GrowingHead, listGrowingHeads } from "../../models/growth/growing_head.ts";
import { createModelFromSnapshot, flattenWeights, type ModelSnapshot } from "../../models/model_snapshot.ts";
import { takeLogits } from "../../models/take_logits.ts";
import type { OptimizerRule } from "../../optimizers/parameter_groups.ts";
import { createModelGrowth, type ModelGrowth } from "./model_growth.ts";

/**
 * Starts the replicas of a model as it is, or, where the criterion is one of logits, without the softmax or sigmoid at
 * its end. The caller closes them.
 */
export function startCluster(
  model: tf.LayersModel,
  options: ResolvedClusterOptions,
  training: { readonly optimizer: OptimizerRule; readonly seed: number; readonly ofLogits: boolean },
): Promise<Cluster> {
  return Cluster.start(takeClusterModel(model, training), options, training);
}

/** A model as replicas take it: where the criterion is one of logits, without the softmax or sigmoid at its end. */
export function takeClusterModel(model: tf.LayersModel, { ofLogits }: { readonly ofLogits: boolean }): ClusterModel {
  const snapshot = flattenWeights(model);
  const computed = ofLogits ? describeComputed(snapshot, model) : {};
  return { ...snapshot, ...computed, outputSize: countOutputs(model), taskHeads: listTaskHeads(snapshot) };
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
  const computed = before.computed ? describeComputed(grown, model) : {};
  const taskHeads = listTaskHeads(grown);
  await cluster.replaceModel({ ...grown, ...computed, outputSize: countOutputs(model), taskHeads });
  return { model, growth: createModelGrowth(before, grown) };
}

/** The layers that have a classifier for each task, where they are trained. */
function listTaskHeads({ topology, layout }: ModelSnapshot): string[] {
  const layers = listGrowingHeads(topology).flatMap((head) => (head.kind === "multi-head" ? [head.layer] : []));
  return layers.filter((layer) => layout.entries.some(({ name }) => name === `${layer}/kernel`));
}

function describeComputed({ topology }: ModelSnapshot, model: tf.LayersModel): Pick<ClusterModel, "computed"> {
  const computed = takeLogits(topology, model);
  return computed ? { computed } : {};
}
