import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Layer } from "../model_layers.ts";
import * as tf from "../tensorflow.ts";
import { KerasMerge } from "./keras/keras_merge.ts";
import { MultiHeadAttention } from "./keras/multi_head_attention.ts";

/**
 * Takes the mask away from layers that are called on values without one: TF.js 4.22 hands the last mask that there was
 * on to all layers that follow. Within a model within the model it is left, as that is how masks get there.
 * @throws {RangeError} If attention is given a mask, of which TF.js passes on that of its first input alone, or a batch
 * normalisation that is trained, which TF.js passes it over in, or different masks are merged.
 */
export function repairStaleMasks(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    if (layer instanceof KerasMerge) assertMergeable(layer);
    const heeds = layer instanceof tf.RNN || isTrainedNorm(layer) || TAKES_MASKS.has(layer.getClassName());
    if (!heeds) continue;
    const isMasked = layer.inboundNodes.some(({ inputTensors }) => inputTensors.some(carriesMask));
    if (isMasked && (layer instanceof MultiHeadAttention || isTrainedNorm(layer))) {
      const wanted = "sequences without masks (--engine onnxruntime trains it)";
      throw new RangeRefusal(needs(`layer "${layer.name}" in TF.js`, wanted, "a mask"));
    }
    if (isMasked) continue;
    const call = layer.call.bind(layer);
    layer.call = (inputs, { mask: _, ...others } = {}) => call(inputs, others);
  }
}

const TAKES_MASKS: ReadonlySet<string> = new Set(["Bidirectional", "GlobalAveragePooling1D", "MultiHeadAttention"]);

function isTrainedNorm(layer: Layer): boolean {
  return layer.getClassName() === "BatchNormalization" && layer.trainable;
}

function carriesMask(value: tf.SymbolicTensor): boolean {
  return findMaskMaker(value) !== undefined;
}

/** The layer that makes the mask that TF.js has for a value; undefined where it has none. */
function findMaskMaker({ sourceLayer: layer, nodeIndex }: tf.SymbolicTensor): Layer | undefined {
  const { maskZero } = layer.getConfig();
  const className = layer.getClassName();
  if (className === "Masking" || (className === "Embedding" && maskZero === true)) return layer;
  if (!layer.supportsMasking || hasOneTime(layer)) return undefined;
  const inputs = layer.inboundNodes[nodeIndex]?.inputTensors ?? [];
  return inputs.map(findMaskMaker).find((maker) => maker !== undefined);
}

/** @throws {RangeError} If Keras would make another mask, or other values, of what is merged. */
function assertMergeable(layer: KerasMerge): void {
  for (const { inputTensors } of layer.inboundNodes) {
    const [first, ...others] = inputTensors.map(findMaskMaker);
    if (others.every((maker) => maker === first)) layer.assertMask(first !== undefined);
    else layer.refuseMasks();
  }
}

/** Whether a recurrent layer gives its last outputs alone. */
function hasOneTime(layer: Layer): boolean {
  const returnsSequences: unknown = Reflect.get(layer, "returnSequences");
  return returnsSequences === false;
}
