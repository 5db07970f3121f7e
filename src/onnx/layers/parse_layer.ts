import type { LayerJson } from "../topology/topology_schema.ts";
import { activationClasses } from "./activation_layers.ts";
import { attentionClasses } from "./attention.ts";
import { denseClasses } from "./dense.ts";
import { einsumDenseClasses } from "./einsum_dense.ts";
import { embeddingClasses } from "./embedding.ts";
import { growingHeadClasses } from "./heads/growing_heads.ts";
import { progressiveClasses } from "./heads/progressive_network.ts";
import { inputClasses } from "./input.ts";
import type { LayerCall } from "./layer_call.ts";
import type { LayerParser } from "./layer_definition.ts";
import type { LayerSpec } from "./layer_spec.ts";
import { dependsOnMode } from "./layers.ts";
import { maskingClasses } from "./masking.ts";
import { mergingClasses } from "./merging.ts";
import { noiseClasses } from "./noise_layers.ts";
import { normalizationClasses } from "./normalization/normalization_layers.ts";
import { importedNetworkClasses } from "./parse_imported_network.ts";
import { assertUnrestricted, readInnerLayer, UnsupportedLayerError } from "./read_setting.ts";
import { recurrentClasses } from "./recurrent/recurrent_layers.ts";
import { rescalingClasses } from "./rescaling.ts";
import { shapingClasses } from "./shaping.ts";
import { convolutionClasses } from "./windows/convolution.ts";
import { poolingClasses } from "./windows/pooling.ts";
import { resizingClasses } from "./windows/resizing.ts";

const CLASSES: ReadonlyMap<string, LayerParser<LayerSpec>> = new Map(
  [
    activationClasses,
    attentionClasses,
    convolutionClasses,
    denseClasses,
    einsumDenseClasses,
    embeddingClasses,
    growingHeadClasses,
    importedNetworkClasses,
    inputClasses,
    maskingClasses,
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

/** The wrapper of another layer, which is parsed here for the sake of that. */
const WRAPPER = "TimeDistributed";

/** The classes of TF.js's layers that can be read. */
export const LAYER_CLASSES: readonly string[] = [...CLASSES.keys(), WRAPPER];

/**
 * One call of a layer from TF.js's JSON.
 * @param layerIndex How many random layers stand before this layer in the model.
 * @throws {UnsupportedLayerError} If the layer, or one of its settings, has no conversion.
 */
export function parseLayer(layer: LayerJson, call: LayerCall, layerIndex: number): LayerSpec {
  assertUnrestricted(layer);
  if (layer.class_name === WRAPPER) return parseDistributed(layer, call, layerIndex);
  const parse = CLASSES.get(layer.class_name);
  if (!parse) throw new UnsupportedLayerError(layer, "this class has no converter");
  return parse(layer, call, layerIndex);
}

/**
 * TimeDistributed applies the inner layer to each time. Its parameters have the wrapper's name. Dense layers and
 * activations go by the last axis anyway.
 */
function parseDistributed(layer: LayerJson, call: LayerCall, layerIndex: number): LayerSpec {
  const inner = readInnerLayer(layer, "layer");
  const spec = parseLayer({ ...inner, config: { ...inner.config, name: layer.config.name } }, call, layerIndex);
  switch (spec.kind) {
    case "dense":
    case "activation":
      return spec;
    default:
  }
  if (dependsOnMode(spec)) {
    throw new UnsupportedLayerError(
      layer,
      `it distributes a layer of class ${inner.class_name}, of two modes, over time`,
    );
  }
  return { ...call, kind: "distributed", inner: spec };
}
