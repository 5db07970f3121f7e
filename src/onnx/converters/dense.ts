import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { sampleShapeOf } from "../shape.ts";
import type { DenseSpec } from "../specs/layer_spec.ts";
import { applyActivation } from "./activation.ts";

/**
 * Dense, [N, in] to [N, units]: Gemm-13, or MatMul-13 without a bias. The kernel is [in, units] already: no transpose.
 * One Gemm, because onnxruntime fuses a Relu that follows into it: three nodes become one. (MatMul, Add and Relu took
 * as long, to 1 %, for 784-512-10 in batches of 128 and of 16.) Inputs of a higher rank [N, …, in] are folded to [N·…,
 * in] and back.
 */
export function convertDense(layer: DenseSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const sampleShape = sampleShapeOf(graph.shapeOf(x));
  const features = sampleShape.at(-1);
  if (features === undefined)
    throw new RangeRefusal(cannot("multiply by the kernel", "an input [N, …, in]", sampleShape));
  const isFolded = sampleShape.length > 1;
  const rows = isFolded ? graph.node("Reshape", [x, graph.integers([-1, features])]) : x;
  const kernel = graph.parameter(`${layer.layer}/kernel`);
  let y = layer.useBias
    ? graph.node("Gemm", [rows, kernel, graph.parameter(`${layer.layer}/bias`)])
    : graph.node("MatMul", [rows, kernel]);
  if (isFolded) y = graph.node("Reshape", [y, graph.integers([-1, ...sampleShape.slice(0, -1), layer.units])]);
  return applyActivation(layer.activation, y, graph);
}
