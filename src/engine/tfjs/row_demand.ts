import type * as tf from "@tensorflow/tfjs";
import { listFrozenLayers } from "./frozen_layers.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/**
 * The name of the first layer that needs two rows of a minibatch in training: a batch normalisation of single values a
 * channel, as the variance of one value is 0, unless it is frozen. Undefined where one row is enough, or where it
 * depends on the sample.
 */
export function findRowDemand(model: tf.LayersModel): string | undefined {
  const demanding = listLayers(model).filter(normalizesSingleValues);
  // Most models have none, and this is asked before each training.
  if (demanding.length === 0) return undefined;
  const frozen = listFrozenLayers(model);
  return demanding.find((layer) => !frozen.has(layer))?.name;
}

function normalizesSingleValues(layer: Layer): boolean {
  if (layer.getClassName() !== "BatchNormalization") return false;
  const shape = layer.inboundNodes[0]?.inputShapes[0];
  const lengths = Array.isArray(shape) ? shape.slice(1, -1) : [];
  return lengths.every((length) => length === 1);
}
