import { describeCause, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { listWeightOwners } from "../../engine/tfjs/model_layers.ts";
import * as tf from "../../engine/tfjs/tensorflow.ts";
import type { LayerWeights } from "./keras/keras_weights.ts";
import type { StoredWeight, StoredWeights } from "./read_layers_file.ts";

/**
 * Gives a model the weights of a file.
 * @throws {RangeRefusal} If one is missing, is too much, or has another shape than its layer makes of it.
 */
export function loadWeights(model: tf.LayersModel, stored: StoredWeights, file: string): void {
  switch (stored.kind) {
    case "byName":
      loadByName(model, stored.weights, file);
      break;
    case "byLayer":
      fillLayers(model, stored.layers, file);
      break;
  }
}

/** Gives a model the weights that have its names. @throws {RangeRefusal} If one is missing or has another shape. */
function loadByName(model: tf.LayersModel, weights: readonly StoredWeight[], file: string): void {
  const tensors = weights.map(({ name, shape, values }) => [name, tf.tensor(values, [...shape])] as const);
  try {
    model.loadWeights(Object.fromEntries(tensors));
  } catch (cause) {
    throw new RangeRefusal(`${file}: its weights do not fit its layers: ${describeCause(cause)}`, { cause });
  } finally {
    tf.dispose(tensors.map(([, tensor]) => tensor));
  }
}

/**
 * Gives each layer its weights, in its own order.
 * @throws {RangeRefusal} If a layer has more or fewer, or one has another shape; the message names the layer.
 */
function fillLayers(model: tf.LayersModel, weights: LayerWeights, file: string): void {
  for (const layer of listWeightOwners(model)) {
    const what = `${file}: layer "${layer.name}" of class ${layer.getClassName()}`;
    const wanted = layer.weights;
    // Keras stores the number of samples that a Normalization was measured on, too.
    const last = layer.getClassName() === "Normalization" ? wanted.length : undefined;
    const arrays = (weights.get(layer.name) ?? []).slice(0, last);
    if (arrays.length !== wanted.length) {
      throw new RangeRefusal(needs(what, `${wanted.length} weights in the file`, arrays.length));
    }
    for (const [i, weight] of wanted.entries()) {
      const { shape = [], read } = arrays[i] ?? {};
      if (!read || shape.join() !== weight.shape.join()) {
        throw new RangeRefusal(needs(what, `a weight ${i} of shape [${weight.shape.join(", ")}]`, shape));
      }
      const tensor = tf.tensor(read(), [...shape]);
      weight.write(tensor);
      tensor.dispose();
    }
  }
}
