import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { type Layer, listAllLayers, listLayers } from "../model_layers.ts";
import * as tf from "../tensorflow.ts";
import { repairStaleMasks } from "./masked_inputs.ts";
import { repairWindows } from "./repaired_windows.ts";
import { repairRepeatedInputs } from "./repeated_inputs.ts";

/**
 * Makes the layers of a model, nested models included, train as they say, where TF.js 4.22 does not: it fails on
 * normalisations without gamma or beta and on ThresholdedReLU, passes masks over where Keras does not, computes batch
 * normalisation along other axes than the last wrongly, normalises by the batch where the layer is frozen, takes a
 * single value's variance for a statistic, and joins along the last axis wherever an axis counts from the end. For
 * windows see `repairWindows`, for masks `repairStaleMasks`, for values that are taken twice `repairRepeatedInputs`.
 * @throws {RangeError} If a batch normalisation is not along the last axis, or a layer takes values twice in several
 * ways.
 */
export function repairLayers(model: tf.LayersModel): void {
  for (const layer of listLayers(model)) {
    switch (layer.getClassName()) {
      case "BatchNormalization":
        repairBatchNorm(layer);
        break;
      case "LayerNormalization":
        repairLayerNorm(layer);
        break;
      case "ThresholdedReLU":
        repairThreshold(layer);
        break;
      case "Concatenate":
        repairJoin(layer);
        break;
      case "Add":
      case "Average":
      case "Maximum":
      case "Minimum":
      case "Multiply":
        repairMergedMasks(layer);
        break;
      case "Bidirectional":
      case "GlobalAveragePooling1D":
        repairMasked(layer);
        break;
      default:
        repairWindows(layer);
    }
  }
  repairStaleMasks(model);
  for (const layer of listAllLayers(model)) repairRepeatedInputs(layer);
}

function repairBatchNorm(layer: Layer): void {
  const { axis: own, center, scale } = layer.getConfig();
  const axis = Array.isArray(own) ? own[0] : own;
  // What a wrapper holds has no call of its own.
  const called = layer.inboundNodes[0]?.inputShapes[0];
  const shape = Array.isArray(called) ? called : [];
  const channels = Number(elementAt(layer.weights, layer.weights.length - 1).shape[0]);
  if (axis !== -1 && (axis !== shape.length - 1 || shape.length === 0)) {
    throw new RangeRefusal(needs(`${layer.name}`, `channels on the last axis of [${shape}]`, axis));
  }
  if (!scale) setNeutral(layer, "gamma", () => tf.ones([channels]));
  if (!center) setNeutral(layer, "beta", () => tf.zeros([channels]));
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!layer.trainable) return call(inputs, { ...kwargs, training: false });
    if (kwargs.training === true && (!x || x.size <= channels)) {
      const rule = `at least 2 rows, as layer "${layer.name}" normalizes by the batch's variance`;
      throw new RangeRefusal(needs("training", rule, x?.shape[0]));
    }
    return call(inputs, kwargs);
  };
}

function repairLayerNorm(layer: Layer): void {
  const { axis, center, scale } = layer.getConfig();
  const shape = readInputShape(layer);
  const lengths = [axis].flat().map((at) => Number(elementAt(shape, (Number(at) + shape.length) % shape.length)));
  if (!scale) setNeutral(layer, "gamma", () => tf.ones(lengths));
  if (!center) setNeutral(layer, "beta", () => tf.zeros(lengths));
  Object.assign(layer, { scale: true, center: true });
}

/** y = x · [x > θ], by a step that has a gradient: none. */
function repairThreshold(layer: Layer): void {
  const theta = Number(layer.getConfig().theta);
  layer.call = (inputs) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!x) throw new RangeRefusal(needs(`${layer.name}`, "an input", x));
    return tf.tidy(() => tf.mul(x, tf.step(tf.sub(x, theta))));
  };
}

/**
 * Where times are masked [N, T], both directions give zeros, and a mean is one of the others: so Keras has it.
 */
function repairMasked(layer: Layer): void {
  const call = layer.call.bind(layer);
  const isMean = layer.getClassName() === "GlobalAveragePooling1D";
  layer.call = (inputs, kwargs) => {
    const mask: unknown = kwargs?.mask;
    if (!(mask instanceof tf.Tensor) || !(isMean || Reflect.get(layer, "returnSequences"))) return call(inputs, kwargs);
    return tf.tidy(() => {
      const isSeen = tf.expandDims(tf.cast(mask, "float32"), 2);
      const values = [isMean ? inputs : call(inputs, kwargs)].flat();
      const seen = values.map((value) => tf.mul(value, isSeen));
      return isMean ? tf.div(tf.sum(elementAt(seen, 0), 1), tf.sum(isSeen, 1)) : elementAt(seen, 0);
    });
  };
}

/** Values with the same mask keep it: TF.js gives it an axis more. Others are what Keras's versions differ in. */
function repairMergedMasks(layer: Layer): void {
  const computeMask = (_: unknown, masks: readonly (tf.Tensor | null | undefined)[] = []): tf.Tensor | null => {
    const [first = null, ...others] = masks.map((mask) => mask ?? null);
    if (others.every((mask) => mask === first)) return first;
    throw new RangeRefusal(needs(`${layer.name}`, "inputs with the same mask, or none", "several"));
  };
  Object.assign(layer, { computeMask });
}

/** TF.js takes −2 for −1: so the axis is counted from the front. */
function repairJoin(layer: Layer): void {
  const axis = Number(layer.getConfig().axis);
  if (axis < 0) Object.assign(layer, { axis: axis + readInputShape(layer).length });
}

/** Stands in for a weight that the layer has not; it is read inside the layer's own tidy, which disposes of it. */
function setNeutral(layer: Layer, name: "gamma" | "beta", read: () => tf.Tensor): void {
  Object.assign(layer, { [name]: { read } });
}

function readInputShape(layer: Layer): readonly (number | null)[] {
  const shape = layer.inboundNodes[0]?.inputShapes[0];
  if (Array.isArray(shape)) return shape;
  throw new RangeRefusal(needs(`${layer.name}`, "an input of known shape", shape));
}
