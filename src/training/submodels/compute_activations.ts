import type { HostTensor } from "../../core/host_tensor.ts";
import { concatVectors } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { ModelHolder } from "../model/model_holder.ts";

/**
 * What a layer of the model gives for any number of samples [N, …], without dropout, in the layer's own shape. The
 * caller owns the result.
 * @throws {RangeError} If the model has no layer of that name.
 */
export async function computeActivations(
  { cluster, options, augmentation }: ModelHolder,
  samples: Dataset,
  layerName: string,
): Promise<HostTensor> {
  const loader = new SingleDatasetDataLoader({ dataset: samples, batchSize: options.evalMbSize, shuffle: false });
  const parts: HostTensor[] = [];
  for (const minibatch of loader.iterate()) {
    const request = { samples: minibatch, training: false, dropoutStep: 0, augmentation };
    parts.push(await cluster.activations(request, layerName));
  }
  const data = concatVectors(parts.map((part) => part.data));
  return { data, shape: [samples.length, ...(parts[0]?.shape.slice(1) ?? [])] };
}
