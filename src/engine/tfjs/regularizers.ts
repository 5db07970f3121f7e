import type * as tf from "@tensorflow/tfjs";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/** What a weight adds to the loss: l1 · Σ|w| + l2 · Σ w². */
export interface WeightRegularizer {
  /** As the layout calls it: "fc/kernel". */
  readonly weight: string;
  readonly l1: number;
  readonly l2: number;
}

/** What a layer calls its kernels, where its settings call them otherwise. */
const WEIGHTS: Readonly<Record<string, string>> = {
  recurrent: "recurrent_kernel",
  depthwise: "depthwise_kernel",
  pointwise: "pointwise_kernel",
};

/**
 * The regularisers of a model's weights, layers within wrappers included.
 * @throws {RangeError} If one is another than L1, L2 or both, or is of what a layer gives; the message names the layer.
 */
export function listRegularizers(model: tf.LayersModel): WeightRegularizer[] {
  // A recurrent layer and its cell have the same settings and the same weights.
  const found = new Map(
    listLayers(model)
      .flatMap(readLayer)
      .map((one) => [one.weight, one]),
  );
  return [...found.values()];
}

function readLayer(layer: Layer): WeightRegularizer[] {
  const act = `layer "${layer.name}"`;
  const settings = Object.entries(layer.getConfig()).filter(
    ([key, value]) => /Regularizer$/.test(key) && value !== null,
  );
  const [other] = settings.filter(([, value]) => !isL1L2(value));
  if (other) throw new RangeRefusal(needs(act, "regularizers L1, L2 or L1L2 of weights", other[0]));
  // TF.js keeps this one, and does not write it down.
  if (Reflect.get(layer, "activityRegularizer")) throw new RangeRefusal(needs(act, "no activityRegularizer", "one"));
  if (layer.losses.length > settings.length) throw new RangeRefusal(needs(act, "no loss of its own", "one"));
  return settings.flatMap(([key, value]) => {
    const kind = key.slice(0, -"Regularizer".length);
    const name = `/${WEIGHTS[kind] ?? kind}`;
    const weight = layer.weights.find(({ originalName }) => originalName.endsWith(name));
    return weight && isL1L2(value) ? [{ weight: weight.originalName, ...readNumbers(value.config) }] : [];
  });
}

function isL1L2(value: unknown): value is { readonly config: object } {
  if (typeof value !== "object" || value === null) return false;
  return "className" in value && value.className === "L1L2" && "config" in value && typeof value.config === "object";
}

function readNumbers(config: object): { readonly l1: number; readonly l2: number } {
  return { l1: Number(Reflect.get(config, "l1") ?? 0), l2: Number(Reflect.get(config, "l2") ?? 0) };
}
