import { type Layer, listWeightOwners } from "./model_layers.ts";
import * as tf from "./tensorflow.ts";

/**
 * The layers with weights of their own that are frozen as a whole: by themselves (`trainable: false`), by a model
 * around them, or because a wrapper's inner layer is.
 */
export function listFrozenLayers(model: tf.LayersModel): ReadonlySet<Layer> {
  const trained = new Set(model.trainableWeights);
  const hasTrained = (layer: Layer) => layer.weights.some((weight) => trained.has(weight));
  const inner = listWeightOwners(model).filter((layer) => layer.weights.some(isLearned) && !hasTrained(layer));
  return new Set([...inner, ...listMarkedLayers(model)]);
}

/** Layers that say so themselves, or stand in a model that does. */
function listMarkedLayers(model: tf.LayersModel): Layer[] {
  if (!model.trainable) return listWeightOwners(model);
  return model.layers.flatMap((layer) => {
    if (layer instanceof tf.LayersModel) return listMarkedLayers(layer);
    return layer.trainable ? [] : [layer];
  });
}

/** A batch normalisation that has moving statistics alone is not frozen for that. */
function isLearned({ originalName }: tf.LayerVariable): boolean {
  return !/\/moving_(mean|variance)$/.test(originalName);
}
