import * as tf from "@tensorflow/tfjs";
import { cannot, describeUnknownName } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { readSamples } from "../data/read_samples.ts";
import { SingleDatasetDataLoader } from "../memory/single_dataset_data_loader.ts";
import { restoreWeights } from "../models/model_snapshot.ts";
import type { StrategyState } from "./strategy_state.ts";

/**
 * What a layer of the model answers to any samples, without dropout: [N, F], the layer's own shape flattened. The caller owns
 * the result.
 * @param layerName The layer before the last if left out.
 * @throws {RangeError} If the model has no such layer.
 */
export async function extractFeatures(
  strategy: StrategyState,
  samples: Dataset,
  layerName = findFeatureLayer(strategy.model),
): Promise<HostTensor> {
  const { model, cluster } = strategy;
  const layer = findLayer(model, layerName);
  restoreWeights(model, cluster);
  const parts: Float32Array[] = [];
  const loader = new SingleDatasetDataLoader({ dataset: samples, batchSize: strategy.evalMbSize, shuffle: false });
  for (const minibatch of loader.iterate()) parts.push(computeLayer(model, layer, minibatch));
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    data.set(part, filled);
    filled += part.length;
  }
  return { data, shape: [samples.length, samples.length === 0 ? 0 : data.length / samples.length] };
}

/** The name of the layer that feeds the model's last one: where features are taken, unless said otherwise. */
export function findFeatureLayer(model: tf.LayersModel): string {
  const last = model.outputs[0]?.sourceLayer;
  const before = last?.inboundNodes[0]?.inboundLayers[0];
  if (!before || !model.layers.includes(before))
    throw new RangeError(cannot("find the features", "a model with a layer before the last", last?.name));
  return before.name;
}

function findLayer(model: tf.LayersModel, name: string): tf.layers.Layer {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (layer) return layer;
  const names = model.layers.map((candidate) => candidate.name);
  throw new RangeError(`Cannot extract features: ${describeUnknownName("layer", name, names)}`);
}

function computeLayer(model: tf.LayersModel, layer: tf.layers.Layer, samples: Dataset): Float32Array {
  const { data, shape } = readSamples(samples);
  return tf.tidy(() => {
    const part = tf.model({ inputs: model.inputs, outputs: [layer.output].flat() });
    const output = [part.predict(tf.tensor(data, [...shape]))].flat()[0];
    return Float32Array.from(output?.dataSync() ?? []);
  });
}
