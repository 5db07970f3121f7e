import type * as tf from "@tensorflow/tfjs";
import { listFrozenLayers } from "./frozen_layers.ts";
import { listLayers } from "./model_layers.ts";

/**
 * The name of the first layer that needs two rows of a minibatch in training: a batch normalisation of single values a
 * channel, as the variance of one value is 0, unless it is frozen. Undefined where one row is enough, or where it
 * depends on the sample.
 */
export function findRowDemand(model: tf.LayersModel): string | undefined {
  const frozen = listFrozenLayers(model);
  const layer = listLayers(model).find((candidate) => {
    if (candidate.getClassName() !== "BatchNormalization" || frozen.has(candidate)) return false;
    const shape = candidate.inboundNodes[0]?.inputShapes[0];
    const lengths = Array.isArray(shape) ? shape.slice(1, -1) : [];
    return lengths.every((length) => length === 1);
  });
  return layer?.name;
}
