import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ModelTopology } from "../model_topology.ts";
import * as tf from "./tensorflow.ts";
// Registers the layers of our own, so that a topology that names them can be loaded.
import "./layers/gaussian_sampling.ts";
import "./layers/group_normalization.ts";
import "./layers/imported_network.ts";
import "./layers/incremental_classifier.ts";
import "./layers/keras/depthwise_1d.ts";
import "./layers/keras/einsum_dense.ts";
import "./layers/keras/global_pooling_3d.ts";
import "./layers/keras/gru.ts";
import "./layers/keras/keras_merge.ts";
import "./layers/keras/margin_layers.ts";
import { MultiHeadAttention } from "./layers/keras/multi_head_attention.ts";
import "./layers/keras/normalization.ts";
import "./layers/keras/repeating_layers.ts";
import "./layers/keras/resizing.ts";
import "./layers/keras/spatial_dropout.ts";
import "./layers/multi_head_classifier.ts";
import "./layers/progressive_network.ts";
import "./layers/standardization.ts";
import "./layers/subtract.ts";
import "./layers/unit_normalization.ts";
import { findTaskLabelsInput } from "./model_inputs.ts";
import { type Layer, listLayers } from "./model_layers.ts";
import { listRegularizers } from "./regularizers.ts";
import { assertStandardizationFirst } from "./standardization_place.ts";

/** Layers that draw random numbers which no key decides. */
const UNDECIDED_LAYERS = new Set(["RandomHeight", "RandomWidth"]);

/**
 * Builds a model from its topology, with freshly drawn weights. Custom layers, but for those in this folder, must
 * have been registered with `tf.serialization.registerClass`. The caller owns the model.
 * @throws {RangeError} If a layer class is unknown; the message says how a Worker gets to know it. Other errors are
 * TF.js's own.
 */
export async function loadModel({ class_name, config }: ModelTopology): Promise<tf.LayersModel> {
  try {
    return await tf.models.modelFromJSON(JSON.parse(JSON.stringify({ class_name, config }), takeOneAxis));
  } catch (cause) {
    const [, unknown] = (cause instanceof Error && /^Unknown layer: (.+?)\. /.exec(cause.message)) || [];
    if (unknown === undefined) throw cause;
    const registered =
      "layer classes that are registered (cluster: { layerModules } names the modules that do so to Workers)";
    throw new RangeRefusal(needs("TF.js", registered, unknown), { cause });
  }
}

/** A batch normalisation's axis, which tf.keras writes as a list, and which TF.js counts wrongly then: a number. */
function takeOneAxis(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { class_name, config } = value as { readonly class_name?: unknown; readonly config?: { axis?: unknown } };
  if (class_name !== "BatchNormalization" || !Array.isArray(config?.axis)) return value;
  const [axis, ...others]: unknown[] = config.axis;
  return others.length > 0 ? value : { ...value, config: { ...config, axis } };
}

/**
 * Refuses what an engine would compute wrongly without a word.
 * @returns C, the width of the output.
 * @throws {RangeError} If the model has not one input of samples and one output of [N, C], or has layers with
 *   randomness of their own, regularisers other than L1 and L2 of weights, constraints, or settings that are
 *   out of range or that TF.js does not compute.
 */
export function assertTrainableModel(model: tf.LayersModel): number {
  const act = `the model ${model.name}`;
  const [output] = model.outputs;
  const [, outputSize] = output?.shape ?? [];
  const sampleInputs = model.inputs.length - (findTaskLabelsInput(model) < 0 ? 0 : 1);
  if (sampleInputs !== 1 || model.outputs.length !== 1) {
    throw new RangeRefusal(needs(act, "one input of samples and one output", [sampleInputs, model.outputs.length]));
  }
  if (output?.shape.length !== 2 || typeof outputSize !== "number") {
    throw new RangeRefusal(needs(act, "an output of shape [N, C]", output?.shape));
  }
  for (const layer of listLayers(model)) assertDeterministic(act, layer);
  for (const layer of listLayers(model)) assertComputed(layer);
  assertStandardizationFirst(model);
  listRegularizers(model);
  const constrained = model.weights.find((weight) => weight.constraint);
  if (constrained) throw new RangeRefusal(needs(act, "weights without constraints", constrained.originalName));
  return outputSize;
}

function assertDeterministic(act: string, layer: Layer): void {
  if (layer.stateful) throw new RangeRefusal(needs(act, "layers that keep no state between batches", layer.name));
  const { dropout, recurrentDropout } = layer.getConfig();
  const className = layer.getClassName();
  // Engines decide what this one drops.
  if (layer instanceof MultiHeadAttention) return;
  if (UNDECIDED_LAYERS.has(className) || Number(dropout ?? 0) > 0 || Number(recurrentDropout ?? 0) > 0) {
    const wanted = "random numbers in layers of their own (Dropout, GaussianNoise …) alone";
    throw new RangeRefusal(needs(act, wanted, `${className} ${layer.name}`));
  }
}

/** Moving statistics must not run away, and TF.js counts a causal convolution's places wrongly and computes none. */
function assertComputed(layer: Layer): void {
  const { momentum, padding, trainable } = layer.getConfig();
  if (padding === "causal") throw new RangeRefusal(needs(`layer "${layer.name}"`, "padding same or valid", padding));
  if (layer.getClassName() !== "BatchNormalization" || trainable === false) return;
  if (typeof momentum === "number" && !(momentum >= 0 && momentum <= 1)) {
    throw new RangeRefusal(needs(`layer "${layer.name}"`, "a momentum from 0 to 1", momentum));
  }
}
