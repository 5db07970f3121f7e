import type { HostTensor } from "../../core/host_tensor.ts";
import { concatVectors } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { ModelOwner } from "../model/model_owner.ts";

/**
 * What a layer of the model gives for any number of samples [N, …], without dropout, in the layer's own shape. The
 * caller owns the result.
 * @throws {RangeError} If the model has no layer of that name.
 */
export async function computeActivations(
  { cluster, evalMbSize, augmentation }: ModelOwner,
  samples: Dataset,
  layerName: string,
): Promise<HostTensor> {
  const loader = new SingleDatasetDataLoader({ dataset: samples, batchSize: evalMbSize, shuffle: false });
  const parts: HostTensor[] = [];
  for (const minibatch of loader.iterate()) {
    const request = { samples: minibatch, training: false, dropoutStep: 0, augmentation };
    parts.push(await cluster.activations(request, layerName));
  }
  const data = concatVectors(parts.map((part) => part.data));
  return { data, shape: [samples.length, ...(parts[0]?.shape.slice(1) ?? [])] };
}
