import { elementAt } from "../../../core/element_at.ts";
import { assertInRange, needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { describeAlphaDropout, deviationOfRate, type Noise, RANDOM_LAYER_CLASSES } from "../../../onnx/layers/noise.ts";
import type { DropoutKey } from "../../engine.ts";
import { fillNoise } from "../../noise.ts";
import { type Layer, listLayers } from "../model_layers.ts";
import * as tf from "../tensorflow.ts";
import { addSamplingNoise, GaussianSampling } from "./gaussian_sampling.ts";
import { MultiHeadAttention } from "./keras/multi_head_attention.ts";

/** Decides the masks of a model's random layers. */
export interface DropoutControl {
  /** What masks are made of until the next call. */
  setKey(key: DropoutKey): void;
}

/**
 * Replaces what the random layers of a model do in training, nested models included: their masks are `fillNoise`'s of
 * the key that was set last. Layers count from 0 in model order, whatever their rates.
 * TF.js draws its masks from a generator that cannot be set, and so could not go back over a batch with the same ones.
 * @throws {RangeError} If a layer's rate is not below 1, or it drops more than single elements (`noiseShape`).
 */
export function takeOverDropout(model: tf.LayersModel): DropoutControl {
  let current: DropoutKey = { seed: 0, step: 0, shard: 0 };
  const layers = listLayers(model).filter((layer) => RANDOM_LAYER_CLASSES.has(layer.getClassName()));
  layers.forEach((layer, layerIndex) => {
    const draw = (noise: Noise, shape: number[]) => {
      const values = new Float32Array(countElements(shape));
      fillNoise(values, noise, current, layerIndex);
      return tf.tensor(values, shape, "float32");
    };
    if (layer instanceof GaussianSampling) {
      const call = layer.call.bind(layer);
      layer.call = (inputs: tf.Tensor | tf.Tensor[], kwargs?: Readonly<Record<string, unknown>>) => {
        if (kwargs?.training !== true) return call(inputs);
        const shape = elementAt([inputs].flat(), 0).shape;
        return addSamplingNoise(inputs, draw({ kind: "normal", mean: 0, deviation: 1 }, shape));
      };
      return;
    }
    if (layer instanceof MultiHeadAttention) {
      const { dropout: rate } = layer.getConfig();
      if (typeof rate !== "number" || rate === 0) return;
      layer.dropShares = (shares) => tf.mul(shares, draw({ kind: "dropout", rate }, shares.shape));
      return;
    }
    const settings = readSettings(layer);
    layer.call = (inputs, kwargs) => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      if (!x) throw new RangeRefusal(needs(`${layer.name}`, "an input", x));
      return kwargs.training === true ? applyNoise(settings, x, draw) : x;
    };
  });
  return {
    setKey(key) {
      current = key;
    },
  };
}

interface NoiseSettings {
  readonly className: string;
  /** Of dropping, or the deviation of the noise that is added. */
  readonly amount: number;
}

/** The formulas are those of `convertDropout`, `convertGaussianNoise` and `convertAlphaDropout`. */
function applyNoise(
  { className, amount }: NoiseSettings,
  x: tf.Tensor,
  draw: (noise: Noise, shape: number[]) => tf.Tensor,
): tf.Tensor {
  if (amount === 0) return x;
  switch (className) {
    case "SpatialDropout1D":
    case "SpatialDropout2D":
    case "SpatialDropout3D": {
      const shape = x.shape.map((length, axis) => (axis > 0 && axis < x.rank - 1 ? 1 : length));
      return tf.mul(x, draw({ kind: "dropout", rate: amount }, shape));
    }
    case "GaussianNoise":
      return tf.add(x, draw({ kind: "normal", mean: 0, deviation: amount }, x.shape));
    case "GaussianDropout":
      return tf.mul(x, draw({ kind: "normal", mean: 1, deviation: deviationOfRate(amount) }, x.shape));
    case "AlphaDropout": {
      const { dropped, scale } = describeAlphaDropout(amount);
      const mask = draw({ kind: "dropout", rate: amount }, x.shape);
      return tf.tidy(() => tf.mul(tf.add(tf.mul(tf.sub(x, dropped), mask), dropped), scale));
    }
    default:
      return tf.mul(x, draw({ kind: "dropout", rate: amount }, x.shape));
  }
}

function readSettings(layer: Layer): NoiseSettings {
  const act = `the random layer ${layer.name}`;
  const { rate, stddev, noiseShape } = layer.getConfig();
  if (noiseShape !== undefined && noiseShape !== null) throw new RangeRefusal(needs(act, "no noiseShape", noiseShape));
  const className = layer.getClassName();
  const amount = Number(className === "GaussianNoise" ? stddev : rate);
  if (className !== "GaussianNoise") assertInRange(layer.name, "rate", amount, { atLeast: 0, below: 1 });
  else if (!(amount >= 0)) throw new RangeRefusal(needs(act, "a stddev of at least 0", stddev));
  return { className, amount };
}
