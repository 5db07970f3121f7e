import type { LayerJson } from "../topology/topology_schema.ts";
import { activationClasses } from "./activation_layers.ts";
import { attentionClasses } from "./attention.ts";
import { convolutionClasses } from "./convolution.ts";
import { denseClasses } from "./dense.ts";
import { embeddingClasses } from "./embedding.ts";
import { growingHeadClasses } from "./heads/growing_heads.ts";
import { progressiveClasses } from "./heads/progressive_network.ts";
import { importedNetworkClasses } from "./imported_network_layer.ts";
import { inputClasses } from "./input.ts";
import type { LayerCall } from "./layer_call.ts";
import type { LayerParser } from "./layer_definition.ts";
import type { LayerSpec } from "./layer_spec.ts";
import { mergingClasses } from "./merging.ts";
import { noiseClasses } from "./noise_layers.ts";
import { normalizationClasses } from "./normalization/normalization_layers.ts";
import { poolingClasses } from "./pooling.ts";
import { assertUnrestricted, UnsupportedLayerError } from "./read_setting.ts";
import { recurrentClasses } from "./recurrent/recurrent_layers.ts";
import { rescalingClasses } from "./rescaling.ts";
import { resizingClasses } from "./resizing.ts";
import { shapingClasses } from "./shaping.ts";

const CLASSES: ReadonlyMap<string, LayerParser<LayerSpec>> = new Map(
  [
    activationClasses,
    attentionClasses,
    convolutionClasses,
    denseClasses,
    embeddingClasses,
    growingHeadClasses,
    importedNetworkClasses,
    inputClasses,
    mergingClasses,
    noiseClasses,
    normalizationClasses,
    poolingClasses,
    progressiveClasses,
    recurrentClasses,
    rescalingClasses,
    resizingClasses,
    shapingClasses,
  ].flatMap((family) => Object.entries<LayerParser<LayerSpec>>(family)),
);

/** The classes of TF.js's layers that can be read. */
export const LAYER_CLASSES: readonly string[] = [...CLASSES.keys()];

/**
 * One call of a layer from TF.js's JSON.
 * @param layerIndex How many random layers stand before this layer in the model.
 * @throws {UnsupportedLayerError} If the layer, or one of its settings, has no conversion.
 */
export function parseLayer(layer: LayerJson, call: LayerCall, layerIndex: number): LayerSpec {
  assertUnrestricted(layer);
  const parse = CLASSES.get(layer.class_name);
  if (!parse) throw new UnsupportedLayerError(layer, "this class has no converter");
  return parse(layer, call, layerIndex);
}
