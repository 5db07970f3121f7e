import { findOrCreate } from "../../core/find_or_create.ts";
import type { ModelHolder } from "../model/model_holder.ts";
import { assertLayer } from "../model/named_layer.ts";
import type { FeatureReplicas } from "./feature_replicas.ts";

/** Replicas of the lower part of a strategy's model, by the layer that they end with. */
const replicasOf = new WeakMap<ModelHolder, Map<string, Promise<FeatureReplicas>>>();

/**
 * The replicas of a strategy's model up to a layer, for gradients of a loss of features; started at the first call and
 * shared by all callers. They end with the strategy. Features alone come from `strategy.extractFeatures`.
 * @throws {RangeError} If the model has no such layer.
 */
export function findFeatureReplicas(strategy: ModelHolder, layerName: string): Promise<FeatureReplicas> {
  assertLayer("extractFeatures()", strategy.model, layerName);
  const known = findOrCreate(replicasOf, strategy, () => new Map<string, Promise<FeatureReplicas>>());
  return findOrCreate(known, layerName, () => startReplicas(strategy, layerName));
}

async function startReplicas(strategy: ModelHolder, layerName: string): Promise<FeatureReplicas> {
  // Loaded by the few plugins that need it, with TF.js.
  const { FeatureReplicas: replicas } = await import("./feature_replicas.ts");
  return replicas.start(strategy, layerName);
}
