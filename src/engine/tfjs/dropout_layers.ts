import * as tf from "@tensorflow/tfjs";
import { cannot } from "../../core/errors.ts";
import { assertDropoutRate, fillDropoutMask } from "../dropout_mask.ts";
import type { DropoutKey } from "../engine.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/** Decides the masks of a model's dropout layers. */
export interface DropoutControl {
  /** What masks are made of until the next call. */
  setKey(key: DropoutKey): void;
}

/**
 * Replaces what the dropout layers of a model do in training, nested models included: y = x · mask, the mask being
 * `fillDropoutMask`'s of the key that was set last. Layers count from 0 in model order, whatever their rates.
 * TF.js draws its masks from a generator that cannot be set, and so could not go back over a batch with the same ones.
 * @throws {RangeError} If a layer's rate is not below 1, or it drops more than single elements (`noiseShape`).
 */
export function takeOverDropout(model: tf.LayersModel): DropoutControl {
  let current: DropoutKey = { seed: 0, step: 0, shard: 0 };
  const layers = listLayers(model).filter((layer) => layer.getClassName() === "Dropout");
  layers.forEach((layer, layerIndex) => {
    const rate = readRate(layer);
    layer.call = (inputs, kwargs) => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      if (!x) throw new RangeError(cannot(`drop units in ${layer.name}`, "an input", x));
      if (rate === 0 || kwargs.training !== true) return x;
      const mask = new Float32Array(x.size);
      fillDropoutMask(mask, rate, current, layerIndex);
      return tf.mul(x, tf.tensor(mask, x.shape, "float32"));
    };
  });
  return {
    setKey(key) {
      current = key;
    },
  };
}

function readRate(layer: Layer): number {
  const { rate, noiseShape } = layer.getConfig();
  if (noiseShape !== undefined && noiseShape !== null) {
    throw new RangeError(cannot(`take over the dropout layer ${layer.name}`, "no noiseShape", noiseShape));
  }
  const numericRate = Number(rate);
  assertDropoutRate(`take over the dropout layer ${layer.name}`, numericRate);
  return numericRate;
}
