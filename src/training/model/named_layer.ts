import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { describeUnknownName, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { listFirstOutputs } from "../../engine/tfjs/model_layers.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { takeTopology } from "../../models/take_topology.ts";

/**
 * Refuses a layer that a model does not have.
 * @throws {RangeError} The message starts with `act` and says which names are near.
 */
export function assertLayer(act: string, model: tf.LayersModel, name: string): void {
  const names = model.layers.map((layer) => layer.name);
  if (!names.includes(name)) throw new RangeRefusal(`${act}: ${describeUnknownName("layer", name, names)}`);
}

/**
 * Refuses a layer that has no trainable kernel [in, out]: a dense layer has, and a head that grows, but not one with a
 * head a task.
 * @throws {RangeError} The message starts with `act` and says which names are near.
 */
export function assertDenseLayer(act: string, model: tf.LayersModel, name: string): void {
  const names = model.trainableWeights
    .filter(({ originalName, shape }) => originalName.endsWith("/kernel") && shape.length === 2)
    .map(({ originalName }) => originalName.slice(0, originalName.lastIndexOf("/")));
  if (!names.includes(name)) throw new RangeRefusal(`${act}: ${describeUnknownName("dense layer", name, names)}`);
}

/**
 * Refuses a model with a head that grows where its outputs are embeddings: such a head masks classes not seen.
 * @throws {RangeError} The message starts with `act`.
 */
export function assertFixedOutputs(act: string, model: tf.LayersModel): void {
  const [head] = listGrowingHeads(takeTopology(model));
  if (!head) return;
  throw new RangeRefusal(needs(act, "a model whose outputs are embeddings, none with a head that grows", head.layer));
}

/**
 * Refuses a layer of features that a model does not have, and a head that grows: its width changes, and a task chooses
 * it.
 * @param name The layer before the last if undefined.
 * @throws {RangeError} If there is no such layer, or none before the last, or it is a head that grows.
 */
export function assertFeatureLayer(act: string, model: tf.LayersModel, name: string | undefined): void {
  if (name === undefined) {
    findFeatureLayer(model);
    return;
  }
  assertLayer(act, model, name);
  if (listGrowingHeads(takeTopology(model)).some(({ layer }) => layer === name)) {
    throw new RangeRefusal(needs(act, "features of a layer before the heads that grow", name));
  }
}

/** The name of the layer whose answers are the model's outputs, before an activation that is a layer of its own. */
export function findOutputLayer(model: tf.LayersModel): string {
  return findLastLayer(model).name;
}

function findLastLayer(model: tf.LayersModel): tf.layers.Layer {
  let layer = elementAt(model.outputs, 0).sourceLayer;
  while (["Activation", "Softmax"].includes(layer.getClassName())) {
    const before = layer.inboundNodes[0]?.inputTensors[0]?.sourceLayer;
    if (!before || before.getClassName() === "InputLayer") break;
    layer = before;
  }
  return layer;
}

/**
 * The name of the layer that feeds the model's last one, where an activation by itself does not count: where features
 * are taken, unless said otherwise.
 * @throws {RangeError} If there is none.
 */
export function findFeatureLayer(model: tf.LayersModel): string {
  const last = findLastLayer(model);
  const taken = last.inboundNodes[0]?.inputTensors[0];
  const maker = taken?.sourceLayer;
  // Behind a model that begins a sequential one, TF.js names the layer within it.
  const before = model.layers.find((layer) => layer === maker || listFirstOutputs(layer).some((own) => own === taken));
  if (!before) {
    throw new RangeRefusal(needs("the feature layer", "a model with a layer before the last", last.name));
  }
  return before.name;
}
