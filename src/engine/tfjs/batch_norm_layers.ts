import * as tf from "@tensorflow/tfjs";
import { cannot } from "../../core/errors.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/**
 * Makes the batch normalisations of a model, nested models included, do what they say: TF.js 4.22 cannot train one
 * without gamma or beta, computes other axes than the last wrongly, and takes a single value's variance for a statistic.
 * @throws {RangeError} If one is not along the last axis.
 */
export function takeOverBatchNorm(model: tf.LayersModel): void {
  for (const layer of listLayers(model)) {
    if (layer.getClassName() !== "BatchNormalization") continue;
    const channels = assertLastAxis(layer);
    // Read inside the layer's own tidy, which disposes of what it returns.
    if (!layer.getConfig().scale) Reflect.set(layer, "gamma", { read: () => tf.ones([channels]) });
    if (!layer.getConfig().center) Reflect.set(layer, "beta", { read: () => tf.zeros([channels]) });
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      if (kwargs.training === true) assertSpread(layer, inputs, channels);
      return call(inputs, kwargs);
    };
  }
}

/** Returns the number of channels. */
function assertLastAxis(layer: Layer): number {
  const axis = Number(layer.getConfig().axis);
  const shape = layer.inputSpec[0]?.ndim ?? 0;
  const channels = layer.weights[0]?.shape[0];
  if (typeof channels === "number" && (axis === -1 || axis === shape - 1)) return channels;
  throw new RangeError(cannot(`normalize in ${layer.name}`, `channels on the last axis of ${shape}`, axis));
}

function assertSpread({ name }: Layer, inputs: tf.Tensor | tf.Tensor[], channels: number): void {
  const x = Array.isArray(inputs) ? inputs[0] : inputs;
  if (x && x.size > channels) return;
  throw new RangeError(cannot("train", `at least 2 rows, as layer "${name}" normalizes by the batch's variance`, 1));
}
