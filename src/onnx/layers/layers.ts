import { describeCause, needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { describeShape } from "../shape.ts";
import { activationLayers } from "./activation_layers.ts";
import { attentionLayers } from "./attention.ts";
import { denseLayers } from "./dense.ts";
import { einsumDenseLayers } from "./einsum_dense.ts";
import { embeddingLayers } from "./embedding.ts";
import { growingHeadLayers } from "./heads/growing_heads.ts";
import { progressiveLayers } from "./heads/progressive_network.ts";
import { importedNetworkLayers } from "./imported_network_layer.ts";
import { inputLayers } from "./input.ts";
import {
  type Conversion,
  type LayerDefinition,
  type LayerFamily,
  type Mask,
  never,
  type ParameterSpec,
} from "./layer_definition.ts";
import type { DistributedSpec, LayerSpec } from "./layer_spec.ts";
import { maskingLayers, passMask } from "./masking.ts";
import { mergingLayers } from "./merging.ts";
import { noiseLayers } from "./noise_layers.ts";
import { normalizationLayers } from "./normalization/normalization_layers.ts";
import { recurrentLayers } from "./recurrent/recurrent_layers.ts";
import { rescalingLayers } from "./rescaling.ts";
import { shapingLayers } from "./shaping.ts";
import { convolutionLayers } from "./windows/convolution.ts";
import { poolingLayers } from "./windows/pooling.ts";
import { resizingLayers } from "./windows/resizing.ts";

const LAYERS: LayerFamily<LayerSpec> = {
  ...activationLayers,
  ...attentionLayers,
  ...convolutionLayers,
  ...denseLayers,
  distributed: {
    parameters: ({ inner }, [input = []]) => describeParameters(inner, [leaveTimesOut(input)]),
    convert: convertDistributed,
    dependsOnMode: never,
    mask: passMask,
  },
  ...einsumDenseLayers,
  ...embeddingLayers,
  ...growingHeadLayers,
  ...importedNetworkLayers,
  ...inputLayers,
  ...maskingLayers,
  ...mergingLayers,
  ...noiseLayers,
  ...normalizationLayers,
  ...poolingLayers,
  ...progressiveLayers,
  ...recurrentLayers,
  ...rescalingLayers,
  ...resizingLayers,
  ...shapingLayers,
};

/**
 * Adds one call of a layer to the graph and returns its output. The only way from a layer to ONNX: training graphs
 * and exported models are both made by it.
 * @throws {RangeError} If the inputs' shapes do not fit the layer; the message names it.
 */
export function convertLayer(layer: LayerSpec, inputs: readonly ValueName[], conversion: Conversion): ValueName {
  try {
    return definitionOf(layer).convert(layer, inputs, conversion);
  } catch (cause) {
    throw new RangeRefusal(`Cannot convert layer "${layer.name}" to ONNX: ${describeCause(cause)}`, { cause });
  }
}

/**
 * Which times of a call's output count, given those of its inputs.
 * @throws {RangeError} If the inputs' masks do not go together; the message names the layer.
 */
export function convertMask(layer: LayerSpec, inputs: readonly ValueName[], conversion: Conversion): Mask {
  try {
    return definitionOf(layer).mask?.(layer, inputs, conversion);
  } catch (cause) {
    throw new RangeRefusal(`Cannot convert layer "${layer.name}" to ONNX: ${describeCause(cause)}`, { cause });
  }
}

/**
 * The tensors of a layer called on inputs of these shapes, in the order in which TF.js creates them.
 * @throws {RangeError} If they do not follow from the shapes.
 */
export function describeParameters(layer: LayerSpec, inputs: readonly Shape[]): ParameterSpec[] {
  return definitionOf(layer).parameters(layer, inputs);
}

/** Whether a layer computes something else in training. */
export function dependsOnMode(layer: LayerSpec): boolean {
  return definitionOf(layer).dependsOnMode(layer);
}

/** [N, T, …]: the layer on rows [N · T, …], and their results in rows of T again. */
function convertDistributed(
  { inner }: DistributedSpec,
  [x = ""]: readonly ValueName[],
  conversion: Conversion,
): ValueName {
  const { graph } = conversion;
  const shape = graph.shapeOf(x);
  const rows = graph.node("Reshape", [x, graph.integers([-1, ...leaveTimesOut(shape).slice(1).map(Number)])]);
  const y = definitionOf(inner).convert(inner, [rows], conversion);
  const result = graph.shapeOf(y).slice(1).map(Number);
  return graph.node("Reshape", [y, graph.integers([-1, Number(shape[1]), ...result])]);
}

/** [N, T, …] without T. @throws {RangeError} If there are no times. */
function leaveTimesOut(shape: Shape): Shape {
  const [rows = "N", times, ...rest] = shape;
  if (typeof times === "number" && rest.length > 0) return [rows, ...rest];
  throw new RangeRefusal(needs("TimeDistributed", "an input [N, T, …]", describeShape(shape)));
}

/** The table gives each kind its own definition, which the compiler cannot follow through a look-up. */
function definitionOf(layer: LayerSpec): LayerDefinition<LayerSpec> {
  return LAYERS[layer.kind] as LayerDefinition<LayerSpec>;
}
