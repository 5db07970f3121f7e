import { cannot, RangeRefusal } from "../../core/errors.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { Operator } from "../ops/operator.ts";
import { resolveAxis } from "../shape.ts";
import type { ConcatenateSpec, MergeSpec } from "../specs/layer_spec.ts";

const OPERATOR_OF: Readonly<Record<MergeSpec["operation"], Operator>> = {
  add: "Add",
  subtract: "Sub",
  average: "Add",
  multiply: "Mul",
  maximum: "Max",
  minimum: "Min",
};

/**
 * Add-14, Sub-14, Mul-14, Max-13 or Min-13 of two or more values, two by two; an average is their sum times 1/count.
 */
export function convertMerge(layer: MergeSpec, inputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const [first, ...others] = inputs;
  if (first === undefined || others.length === 0) {
    throw new RangeRefusal(cannot("merge", "two inputs or more", inputs.length));
  }
  if (layer.operation === "subtract" && others.length > 1) {
    throw new RangeRefusal(cannot("subtract", "two inputs", inputs.length));
  }
  const merged = others.reduce((sum, other) => graph.node(OPERATOR_OF[layer.operation], [sum, other]), first);
  if (layer.operation !== "average") return merged;
  return graph.node("Mul", [merged, graph.constant(1 / inputs.length)]);
}

/** Concat-13 along an axis of the samples. */
export function convertConcatenate(
  layer: ConcatenateSpec,
  inputs: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  const rank = graph.shapeOf(inputs[0] ?? "").length;
  const axis = resolveAxis(layer.axis, rank);
  if (axis === 0) throw new RangeRefusal(cannot("concatenate", "an axis other than the batch's", layer.axis));
  return graph.node("Concat", inputs, { axis: int(axis) });
}
