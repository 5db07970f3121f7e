import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { sampleShapeOf } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import { type ActivationSpec, applyActivation, readActivation } from "./activation.ts";
import type { FixedActivationSpec } from "./activation_layers.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never } from "./layer_definition.ts";
import { assertUnrestricted, readFlag, readInnerLayer, readInteger, UnsupportedLayerError } from "./read_setting.ts";

/** y = activation(x · kernel + bias); the parameters are `${layer}/kernel` [in, units] and `${layer}/bias` [units]. */
export interface DenseSpec extends LayerCall {
  readonly kind: "dense";
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: ActivationSpec;
}

/** Dense layers. */
export const denseLayers = {
  dense: {
    parameters(layer, [input = []]) {
      const features = input.at(-1);
      if (typeof features !== "number") {
        throw new RangeRefusal(needs(`layer "${layer.name}"`, "an input [N, …, features]", input));
      }
      const kernel = { name: `${layer.layer}/kernel`, shape: [features, layer.units], isTrainable: true };
      const bias = { name: `${layer.layer}/bias`, shape: [layer.units], isTrainable: true };
      return layer.useBias ? [kernel, bias] : [kernel];
    },
    convert: (layer, [x = ""], { graph }) => convertDense(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<DenseSpec>;

/** Their classes in TF.js. */
export const denseClasses = {
  Dense: parseDense,
  TimeDistributed: parseDistributed,
} satisfies ClassFamily<DenseSpec | FixedActivationSpec>;

function parseDense(layer: LayerJson, { name, inputs }: LayerCall): DenseSpec {
  return {
    name,
    inputs,
    kind: "dense",
    layer: layer.config.name,
    units: readInteger(layer, "units", { minimum: 1 }),
    useBias: readFlag(layer, "use_bias", true),
    activation: readActivation(layer),
  };
}

/** TimeDistributed applies the inner layer to the last axis. Its parameters have the wrapper's name. */
function parseDistributed(layer: LayerJson, place: LayerCall): DenseSpec | FixedActivationSpec {
  const inner = readInnerLayer(layer, "layer");
  const named = { ...inner, config: { ...inner.config, name: layer.config.name } };
  assertUnrestricted(named);
  switch (inner.class_name) {
    case "Dense":
      return parseDense(named, place);
    case "Activation":
      return { name: place.name, inputs: place.inputs, kind: "activation", activation: readActivation(named) };
    default:
      throw new UnsupportedLayerError(layer, `it distributes a layer of class ${inner.class_name} over time`);
  }
}

/**
 * Dense, [N, in] to [N, units]: Gemm-13, or MatMul-13 without a bias. The kernel is [in, units] already: no transpose.
 * One Gemm, because onnxruntime fuses a Relu that follows into it: three nodes become one. (MatMul, Add and Relu took
 * as long, to 1 %, for 784-512-10 in batches of 128 and of 16.) Inputs of a higher rank [N, …, in] are folded to [N·…,
 * in] and back.
 */
function convertDense(layer: DenseSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const sampleShape = sampleShapeOf(graph.shapeOf(x));
  const features = sampleShape.at(-1);
  if (features === undefined) throw new RangeRefusal(needs("Dense", "an input [N, …, in]", sampleShape));
  const isFolded = sampleShape.length > 1;
  const rows = isFolded ? graph.node("Reshape", [x, graph.integers([-1, features])]) : x;
  const kernel = graph.parameter(`${layer.layer}/kernel`);
  let y = layer.useBias
    ? graph.node("Gemm", [rows, kernel, graph.parameter(`${layer.layer}/bias`)])
    : graph.node("MatMul", [rows, kernel]);
  if (isFolded) y = graph.node("Reshape", [y, graph.integers([-1, ...sampleShape.slice(0, -1), layer.units])]);
  return applyActivation(layer.activation, y, graph);
}
