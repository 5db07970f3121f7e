import { cannot, RangeRefusal } from "../../core/errors.ts";
import { ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import type { PermuteSpec, RepeatVectorSpec, RescalingSpec } from "../specs/sequence_layer_spec.ts";

/** Permute: Transpose-13, with the batch left in front. */
export function convertPermute({ order }: PermuteSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (order.length !== shape.length - 1) {
    throw new RangeRefusal(cannot("permute", `an order of ${shape.length - 1} axes`, order));
  }
  return graph.node("Transpose", [x], { perm: ints([0, ...order]) });
}

/** RepeatVector, [N, F] to [N, times, F]: Expand-13 of [N, 1, F]. */
export function convertRepeatVector({ times }: RepeatVectorSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const [, features, ...others] = graph.shapeOf(x);
  if (typeof features !== "number" || others.length > 0) {
    throw new RangeRefusal(cannot("repeat a vector", "an input [N, F]", describeShape(graph.shapeOf(x))));
  }
  const rows = graph.node("Reshape", [x, graph.integers([-1, 1, features])]);
  return graph.node("Expand", [rows, graph.integers([1, times, 1])]);
}

/** Rescaling: x · scale + offset. */
export function convertRescaling({ scale, offset }: RescalingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const scaled = scale === 1 ? x : graph.node("Mul", [x, graph.constant(scale)]);
  return offset === 0 ? scaled : graph.node("Add", [scaled, graph.constant(offset)]);
}
