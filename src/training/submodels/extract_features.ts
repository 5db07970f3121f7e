import { flattenRows, type HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ModelHolder } from "../model/model_holder.ts";
import { assertLayer, findFeatureLayer } from "../model/named_layer.ts";
import { computeActivations } from "./compute_activations.ts";

/**
 * Features [N, F] of any number of samples, without dropout: a layer's activations, flattened. The caller owns the
 * result.
 * @param layerName Default: the layer before the last.
 * @throws {RangeError} If the model has no such layer.
 */
export async function extractFeatures(
  strategy: ModelHolder,
  samples: Dataset,
  layerName = findFeatureLayer(strategy.model),
): Promise<HostTensor> {
  assertLayer("extractFeatures()", strategy.model, layerName);
  return flattenRows(await computeActivations(strategy, samples, layerName));
}
