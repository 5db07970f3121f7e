import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, noParameters } from "./layer_definition.ts";
import { passMask } from "./masking.ts";
import { describeAlphaDropout, deviationOfRate, type Noise } from "./noise.ts";
import { assertChannelsLast, readNumber, readRate, UnsupportedLayerError } from "./read_setting.ts";

/** A layer that draws in training and does nothing in evaluation. */
interface NoiseCall extends LayerCall {
  /** Counts the model's random layers, from 0, in model order: part of the random key. */
  readonly layerIndex: number;
}

/** Zeroes inputs in training and divides the rest by 1 − rate; nothing in evaluation. */
interface DropoutSpec extends NoiseCall {
  readonly kind: "dropout";
  /** At least 0, below 1. */
  readonly rate: number;
  /** How many axes of places there are where whole channels are dropped, by one draw for all places; else 0. */
  readonly spatialAxes: number;
}

/** Adds normal noise of mean 0, or multiplies by that of mean 1. */
interface GaussianNoiseSpec extends NoiseCall {
  readonly kind: "gaussianNoise";
  readonly operation: "add" | "multiply";
  readonly deviation: number;
}

/** Means and log variances [N, L] to means + deviations · normal noise; to the means in evaluation. */
interface GaussianSamplingSpec extends NoiseCall {
  readonly kind: "gaussianSampling";
}

/** Dropout that keeps the mean and variance of SELU; see `describeAlphaDropout`. */
interface AlphaDropoutSpec extends NoiseCall {
  readonly kind: "alphaDropout";
  readonly rate: number;
}

/** Any layer that draws random numbers in training. */
export type NoiseLayerSpec = AlphaDropoutSpec | DropoutSpec | GaussianNoiseSpec | GaussianSamplingSpec;

/** Layers that draw random numbers in training. */
export const noiseLayers = {
  dropout: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph, mode }) => {
      assertPlaces(layer, x, graph);
      return mode === "train" ? convertDropout(layer, x, graph) : x;
    },
    dependsOnMode: ({ rate }) => rate > 0,
    mask: passMask,
  },
  gaussianNoise: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph, mode }) => (mode === "train" ? convertGaussianNoise(layer, x, graph) : x),
    dependsOnMode: ({ deviation }) => deviation > 0,
    mask: passMask,
  },
  gaussianSampling: {
    parameters: noParameters,
    convert: (layer, inputs, { graph, mode }) =>
      mode === "train" ? convertGaussianSampling(layer, inputs, graph) : elementAt(inputs, 0),
    dependsOnMode: () => true,
  },
  alphaDropout: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph, mode }) => (mode === "train" ? convertAlphaDropout(layer, x, graph) : x),
    dependsOnMode: ({ rate }) => rate > 0,
    mask: passMask,
  },
} satisfies LayerFamily<NoiseLayerSpec>;

/** Their classes in TF.js. */
export const noiseClasses = {
  Dropout: (layer, call, layerIndex) => parseDropout(layer, parseNoise(layer, call, layerIndex), 0),
  SpatialDropout1D: (layer, call, layerIndex) => parseDropout(layer, parseNoise(layer, call, layerIndex), 1),
  SpatialDropout2D: (layer, call, layerIndex) => parseDropout(layer, parseNoise(layer, call, layerIndex), 2),
  SpatialDropout3D: (layer, call, layerIndex) => parseDropout(layer, parseNoise(layer, call, layerIndex), 3),
  GaussianNoise: (layer, call, layerIndex) => ({
    ...parseNoise(layer, call, layerIndex),
    kind: "gaussianNoise",
    operation: "add",
    deviation: readNumber(layer, "stddev", { minimum: 0 }),
  }),
  GaussianDropout: (layer, call, layerIndex) => ({
    ...parseNoise(layer, call, layerIndex),
    kind: "gaussianNoise",
    operation: "multiply",
    deviation: deviationOfRate(readRate(layer)),
  }),
  GaussianSampling: (layer, call, layerIndex) => ({ ...parseNoise(layer, call, layerIndex), kind: "gaussianSampling" }),
  AlphaDropout: (layer, call, layerIndex) => ({
    ...parseNoise(layer, call, layerIndex),
    kind: "alphaDropout",
    rate: readRate(layer),
  }),
} satisfies ClassFamily<NoiseLayerSpec>;

function parseNoise(layer: LayerJson, call: LayerCall, layerIndex: number): NoiseCall {
  if (layer.config.noise_shape) throw new UnsupportedLayerError(layer, "it has a noise shape", { byTfjs: false });
  return { ...call, layerIndex };
}

function parseDropout(layer: LayerJson, call: NoiseCall, spatialAxes: number): DropoutSpec {
  assertChannelsLast(layer);
  return { ...call, kind: "dropout", rate: readRate(layer), spatialAxes };
}

/**
 * Dropout in training: y = x · mask. The mask is an input [N, …] of zeros and 1/(1 − rate), filled from the random key,
 * so that both engines and both halves of a split step drop the same units. Spatial dropout of [N, T, C] has a mask [N,
 * 1, C], that of images [N, 1, 1, C]. A rate of 0 adds nothing.
 */
function convertDropout(layer: DropoutSpec, x: ValueName, graph: GraphBuilder): ValueName {
  if (layer.rate === 0) return x;
  const shape = graph.shapeOf(x);
  const { spatialAxes } = layer;
  const lengths = shape.map((length, axis) => (axis > 0 && axis <= spatialAxes ? 1 : length));
  const noise: Noise = { kind: "dropout", rate: layer.rate };
  return graph.node("Mul", [x, addNoise(layer, noise, lengths, graph)]);
}

/** @throws {RangeError} If whole channels are dropped, and x has not those axes of places. */
function assertPlaces({ spatialAxes }: DropoutSpec, x: ValueName, graph: GraphBuilder): void {
  const shape = graph.shapeOf(x);
  if (spatialAxes === 0 || shape.length === spatialAxes + 2) return;
  throw new RangeRefusal(needs("spatial dropout", `an input of rank ${spatialAxes + 2}`, describeShape(shape)));
}

/** Normal noise in training: y = x + noise of mean 0, or x · noise of mean 1. */
function convertGaussianNoise(layer: GaussianNoiseSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const { operation, deviation } = layer;
  if (deviation === 0) return x;
  const noise: Noise = { kind: "normal", mean: operation === "add" ? 0 : 1, deviation };
  return graph.node(operation === "add" ? "Add" : "Mul", [x, addNoise(layer, noise, graph.shapeOf(x), graph)]);
}

/** Reparameterised draws in training: y = μ + e^(½ ln σ²) · noise, from μ and ln σ² [N, L]. */
function convertGaussianSampling(
  layer: GaussianSamplingSpec,
  [means = "", logVariances = ""]: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  const noise = addNoise(layer, { kind: "normal", mean: 0, deviation: 1 }, graph.shapeOf(means), graph);
  const deviations = graph.node("Exp", [graph.node("Mul", [logVariances, graph.constant(0.5)])]);
  return graph.node("Add", [means, graph.node("Mul", [deviations, noise])]);
}

/** Alpha dropout in training: y = ((x − dropped) · mask + dropped) · scale. */
function convertAlphaDropout(layer: AlphaDropoutSpec, x: ValueName, graph: GraphBuilder): ValueName {
  if (layer.rate === 0) return x;
  const { dropped, scale } = describeAlphaDropout(layer.rate);
  const mask = addNoise(layer, { kind: "dropout", rate: layer.rate }, graph.shapeOf(x), graph);
  const masked = graph.node("Mul", [graph.node("Sub", [x, graph.constant(dropped)]), mask]);
  return graph.node("Mul", [graph.node("Add", [masked, graph.constant(dropped)]), graph.constant(scale)]);
}

function addNoise(
  { name, layerIndex }: { readonly name: string; readonly layerIndex: number },
  noise: Noise,
  shape: Shape,
  graph: GraphBuilder,
): ValueName {
  return graph.input(`${name}/mask`, { shape, dataType: "float32" }, { kind: "noise", noise, layerIndex });
}
