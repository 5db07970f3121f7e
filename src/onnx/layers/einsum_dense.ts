import { contract } from "../einsum/contract.ts";
import { type EinsumDenseSettings, findEinsumDenseShapes } from "../einsum/dense_shapes.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import { type ActivationSpec, applyActivation, readActivation } from "./activation.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never } from "./layer_definition.ts";
import { readIntegers, readText, UnsupportedLayerError } from "./read_setting.ts";

/** y = activation(einsum(x, kernel) + bias); the parameters are `${layer}/kernel` and `${layer}/bias`. */
export interface EinsumDenseSpec extends LayerCall {
  readonly kind: "einsumDense";
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly settings: EinsumDenseSettings;
  readonly activation: ActivationSpec;
}

/** Products of samples and a kernel by a formula. */
export const einsumDenseLayers = {
  einsumDense: {
    parameters({ layer, settings }, [input = []]) {
      const { kernel, bias } = findEinsumDenseShapes(settings, { input: leaveBatchOpen(input), layerName: layer });
      const tensors = [["kernel", kernel] as const, ...(bias ? [["bias", bias] as const] : [])];
      return tensors.map(([name, shape]) => ({ name: `${layer}/${name}`, shape, isTrainable: true }));
    },
    convert: (layer, [x = ""], { graph }) => convertEinsumDense(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<EinsumDenseSpec>;

/** Their class in Keras. */
export const einsumDenseClasses = { EinsumDense: parseEinsumDense } satisfies ClassFamily<EinsumDenseSpec>;

function parseEinsumDense(layer: LayerJson, call: LayerCall): EinsumDenseSpec {
  const { bias_axes: biasAxes, output_shape: shape } = layer.config;
  const equation = readText(layer, "equation", "");
  if (!equation.includes(",")) throw new UnsupportedLayerError(layer, "its equation has no kernel", { byTfjs: false });
  const config = { ...layer.config, output_shape: typeof shape === "number" ? [shape] : shape };
  const lengths = readIntegers({ ...layer, config }, "output_shape", { minimum: 1, open: -1 });
  const outputShape = lengths.map((length) => (length === -1 ? null : length));
  const settings = { equation, outputShape, biasAxes: biasAxes ? readText(layer, "bias_axes", "") : undefined };
  return { ...call, kind: "einsumDense", layer: layer.config.name, settings, activation: readActivation(layer) };
}

function convertEinsumDense({ layer, settings, activation }: EinsumDenseSpec, x: ValueName, graph: GraphBuilder) {
  const { einsum, bias } = findEinsumDenseShapes(settings, {
    input: leaveBatchOpen(graph.shapeOf(x)),
    layerName: layer,
  });
  const product = contract({ left: x, right: graph.parameter(`${layer}/kernel`), einsum }, graph);
  const y = bias ? graph.node("Add", [product, graph.parameter(`${layer}/bias`)]) : product;
  return applyActivation(activation, y, graph);
}

function leaveBatchOpen(shape: Shape): (number | null)[] {
  return shape.map((length) => (typeof length === "number" ? length : null));
}
