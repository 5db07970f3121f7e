import { describeUnknownName, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { listFirstOutputs } from "./model_layers.ts";
import * as tf from "./tensorflow.ts";

/** The part of a model that ends with a layer. It shares the model's layers and variables, and must not be disposed. */
export interface ModelPart {
  readonly model: tf.LayersModel;
  /** Of one row of what the layer gives. */
  readonly shape: readonly number[];
}

/**
 * Cuts a model behind one of its layers. A layer that is called several times is taken at its first call.
 * @throws {RangeError} If the model has no such layer, or the layer's shape is not known.
 */
export function cutModel(model: tf.LayersModel, layerName: string): ModelPart {
  const act = `the model ${model.name}`;
  const layer = model.layers.find(({ name }) => name === layerName);
  if (!layer) {
    const names = model.layers.map(({ name }) => name);
    throw new RangeRefusal(`${act}: ${describeUnknownName("layer", layerName, names)}`);
  }
  const [output, ...others] = listFirstOutputs(layer);
  if (!output || others.length > 0) throw new RangeRefusal(needs(act, "a layer with one output", layerName));
  const shape = output.shape.slice(1).map((length) => {
    if (length !== null) return length;
    throw new RangeRefusal(needs(act, `known lengths of what ${layerName} gives`, output.shape));
  });
  return { model: tf.model({ inputs: model.inputs, outputs: output }), shape };
}
