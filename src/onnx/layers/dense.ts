import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { sampleShapeOf } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import { type ActivationSpec, applyActivation, readActivation } from "./activation.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never } from "./layer_definition.ts";
import { passMask } from "./masking.ts";
import { readFlag, readInteger } from "./read_setting.ts";

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
    mask: passMask,
  },
} satisfies LayerFamily<DenseSpec>;

/** Their class in TF.js. */
export const denseClasses = { Dense: parseDense } satisfies ClassFamily<DenseSpec>;

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
