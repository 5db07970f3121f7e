import { elementAt } from "../../core/element_at.ts";
import * as tf from "./tensorflow.ts";

/** A layer of a built model. */
export type Layer = tf.layers.Layer;

/**
 * Every layer of a model in model order, depth first: a nested model gives its own layers instead of itself, and a
 * wrapper (TimeDistributed, Bidirectional, RNN) is followed by what it wraps.
 */
export function listLayers(model: tf.LayersModel): Layer[] {
  return model.layers.flatMap(expandLayer);
}

/** The same with nested models, each before its own layers, and without what wrappers wrap. */
export function listAllLayers(model: tf.LayersModel): Layer[] {
  return model.layers.flatMap((layer) =>
    layer instanceof tf.LayersModel ? [layer, ...listAllLayers(layer)] : [layer],
  );
}

/** The layers of a model that own its weights, in model order: a nested model gives its own instead of itself. */
export function listWeightOwners(model: tf.LayersModel): Layer[] {
  return model.layers.flatMap((layer) => (layer instanceof tf.LayersModel ? listWeightOwners(layer) : [layer]));
}

/**
 * What a layer gives at its first call in the model that holds it. A model within the model counts its own making as a
 * call before that, unless it begins a sequential one.
 */
export function listFirstOutputs(layer: Layer): tf.SymbolicTensor[] {
  const firstCall = layer instanceof tf.LayersModel && layer.inboundNodes.length > 1 ? 1 : 0;
  return [layer.getOutputAt(firstCall)].flat();
}

/** C, the width of a model's output [N, C]. */
export function countOutputs(model: tf.LayersModel): number {
  const { shape } = elementAt(model.outputs, 0);
  return Number(elementAt(shape, shape.length - 1));
}

function expandLayer(layer: Layer): Layer[] {
  if (layer instanceof tf.LayersModel) return listLayers(layer);
  const wrapped = ["layer", "forwardLayer", "backwardLayer", "cell"]
    .map((property) => Reflect.get(layer, property))
    .filter((value) => value instanceof tf.layers.Layer);
  return [layer, ...wrapped.flatMap(expandLayer)];
}
