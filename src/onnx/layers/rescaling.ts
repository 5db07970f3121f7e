import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { resolveAxis } from "../shape.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "./layer_definition.ts";
import { passMask } from "./masking.ts";
import { readAxes, readNumber } from "./read_setting.ts";

/** y = x · scale + offset, as pixels are brought to [−1, 1]. */
interface RescalingSpec extends LayerCall {
  readonly kind: "rescaling";
  readonly scale: number;
  readonly offset: number;
}

/** y = x / √Σx² along axes of each sample. */
interface UnitNormalizationSpec extends LayerCall {
  readonly kind: "unitNormalization";
  readonly axes: readonly number[];
}

/** Any layer that brings values to another scale. */
export type RescalingLayerSpec = RescalingSpec | UnitNormalizationSpec;

/** Layers that bring values to another scale. None has parameters. */
export const rescalingLayers = {
  rescaling: {
    parameters: noParameters,
    convert: ({ scale, offset }, [x = ""], { graph }) =>
      graph.node("Add", [graph.node("Mul", [x, graph.constant(scale)]), graph.constant(offset)]),
    dependsOnMode: never,
    mask: passMask,
  },
  unitNormalization: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertUnitNormalization(layer, x, graph),
    dependsOnMode: never,
    mask: passMask,
  },
} satisfies LayerFamily<RescalingLayerSpec>;

/** Their classes in TF.js, and our own. */
export const rescalingClasses = {
  Rescaling: (layer, call) => ({
    ...call,
    kind: "rescaling",
    scale: readNumber(layer, "scale", { fallback: 1 }),
    offset: readNumber(layer, "offset", { fallback: 0 }),
  }),
  UnitNormalization: (layer, call) => ({ ...call, kind: "unitNormalization", axes: readAxes(layer, "axis", [-1]) }),
} satisfies ClassFamily<RescalingLayerSpec>;

/** Sums below 10⁻¹² count as that, as in Keras. */
function convertUnitNormalization({ axes }: UnitNormalizationSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const rank = graph.shapeOf(x).length;
  const resolved = graph.integers(axes.map((axis) => resolveAxis(axis, rank)));
  const sum = graph.node("ReduceSum", [graph.node("Mul", [x, x]), resolved], { keepdims: int(1) });
  return graph.node("Div", [x, graph.node("Sqrt", [graph.node("Max", [sum, graph.constant(1e-12)])])]);
}
