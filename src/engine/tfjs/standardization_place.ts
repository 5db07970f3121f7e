import type * as tf from "@tensorflow/tfjs";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { listLayers } from "./model_layers.ts";

/**
 * Refuses a `Standardization` layer that does not take the samples as they come, on which its statistics are measured.
 * @throws {RangeError} If there is one; the message names it.
 */
export function assertStandardizationFirst(model: tf.LayersModel): void {
  for (const layer of listLayers(model)) {
    if (layer.getClassName() !== "Standardization") continue;
    const isOwn = model.layers.includes(layer) && layer.inboundNodes.length === 1;
    const isFirst = isOwn && [layer.input].flat().every(({ sourceLayer }) => isInput(sourceLayer));
    const wanted = "Standardization layers that take its samples themselves";
    if (!isFirst) throw new RangeRefusal(needs(`the model ${model.name}`, wanted, layer.name));
  }
}

function isInput(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === "InputLayer";
}
