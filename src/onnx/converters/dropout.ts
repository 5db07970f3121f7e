import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import { describeAlphaDropout, type Noise } from "../specs/noise.ts";
import type {
  AlphaDropoutSpec,
  DropoutSpec,
  GaussianNoiseSpec,
  GaussianSamplingSpec,
} from "../specs/noise_layer_spec.ts";

/**
 * Dropout in training: y = x · mask. The mask is an input [N, …] of zeros and 1/(1 − rate), filled from the random key,
 * so that both engines and both halves of a split step drop the same units. Spatial dropout of [N, T, C] has a mask [N,
 * 1, C]. A rate of 0 adds nothing.
 */
export function convertDropout(layer: DropoutSpec, x: ValueName, graph: GraphBuilder): ValueName {
  if (layer.rate === 0) return x;
  const shape = graph.shapeOf(x);
  if (layer.isSpatial && shape.length !== 3) {
    throw new RangeRefusal(cannot("drop channels", "an input [N, T, C]", describeShape(shape)));
  }
  const noise: Noise = { kind: "dropout", rate: layer.rate };
  return graph.node("Mul", [x, addNoise(layer, noise, layer.isSpatial ? shape.with(1, 1) : shape, graph)]);
}

/** Normal noise in training: y = x + noise of mean 0, or x · noise of mean 1. */
export function convertGaussianNoise(layer: GaussianNoiseSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const { operation, deviation } = layer;
  if (deviation === 0) return x;
  const noise: Noise = { kind: "normal", mean: operation === "add" ? 0 : 1, deviation };
  return graph.node(operation === "add" ? "Add" : "Mul", [x, addNoise(layer, noise, graph.shapeOf(x), graph)]);
}

/** Reparameterised draws in training: y = μ + e^(½ ln σ²) · noise, from μ and ln σ² [N, L]. */
export function convertGaussianSampling(
  layer: GaussianSamplingSpec,
  [means = "", logVariances = ""]: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  const noise = addNoise(layer, { kind: "normal", mean: 0, deviation: 1 }, graph.shapeOf(means), graph);
  const deviations = graph.node("Exp", [graph.node("Mul", [logVariances, graph.constant(0.5)])]);
  return graph.node("Add", [means, graph.node("Mul", [deviations, noise])]);
}

/** Alpha dropout in training: y = ((x − dropped) · mask + dropped) · scale. */
export function convertAlphaDropout(layer: AlphaDropoutSpec, x: ValueName, graph: GraphBuilder): ValueName {
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
