import type { HostTensor } from "../../core/host_tensor.ts";
import { concatVectors } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { ModelOwner } from "../model/model_owner.ts";
import { assertLayer, findFeatureLayer } from "../model/named_layer.ts";
import type { FeatureReplicas } from "./feature_replicas.ts";

/** Replicas of the lower part of a strategy's model, by the layer that they end with. */
const replicasOf = new WeakMap<ModelOwner, Map<string, Promise<FeatureReplicas>>>();

/**
 * What a layer of the model answers to any samples, without dropout: [N, F], the layer's own shape flattened. Computed
 * by replicas of the model up to that layer, which start at the first call and end with the strategy. The caller owns
 * the result.
 * @param layerName The layer before the last if left out.
 * @throws {RangeError} If the model has no such layer.
 */
export async function extractFeatures(
  strategy: ModelOwner,
  samples: Dataset,
  layerName = findFeatureLayer(strategy.model),
): Promise<HostTensor> {
  const replicas = await findFeatureReplicas(strategy, layerName);
  const parts: Float32Array[] = [];
  const loader = new SingleDatasetDataLoader({ dataset: samples, batchSize: strategy.evalMbSize, shuffle: false });
  for (const minibatch of loader.iterate()) parts.push((await replicas.forward(strategy.cluster, minibatch)).data);
  const data = concatVectors(parts);
  return { data, shape: [samples.length, samples.length === 0 ? 0 : data.length / samples.length] };
}

/**
 * The replicas of a strategy's model up to a layer; started at the first call, and the same at every other.
 * @throws {RangeError} If the model has no such layer.
 */
export function findFeatureReplicas(strategy: ModelOwner, layerName: string): Promise<FeatureReplicas> {
  assertLayer("extractFeatures()", strategy.model, layerName);
  const known = replicasOf.get(strategy) ?? new Map<string, Promise<FeatureReplicas>>();
  replicasOf.set(strategy, known);
  const started = known.get(layerName) ?? startReplicas(strategy, layerName);
  known.set(layerName, started);
  return started;
}

async function startReplicas(strategy: ModelOwner, layerName: string): Promise<FeatureReplicas> {
  // Loaded by the few plugins that need it, with TF.js.
  const { FeatureReplicas: replicas } = await import("./feature_replicas.ts");
  return replicas.start(strategy, layerName);
}
