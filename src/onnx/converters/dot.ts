import { cannot, RangeRefusal } from "../../core/errors.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape, resolveAxis, sampleShapeOf } from "../shape.ts";
import type { DotSpec } from "../specs/sequence_layer_spec.ts";

/**
 * Dot: for each sample the product of two matrices, [N, a, k] · [N, k, b] to [N, a, b], with their axes brought into
 * that order: MatMul-13. Inputs [N, k] are matrices of one row or column, and their axis goes again; two of them give
 * [N, 1].
 * @throws {RangeError} If the inputs are not two of rank 2 or 3, or differ in length along their axes.
 */
export function convertDot(layer: DotSpec, inputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const [a = "", b = ""] = inputs;
  if (inputs.length !== 2) throw new RangeRefusal(cannot("multiply", "two inputs", inputs.length));
  const [left, right] = [toMatrix(a, layer.axes[0], graph), toMatrix(b, layer.axes[1], graph)];
  const [first, second] = [left, right].map(({ value }) => (layer.isNormalized ? normalize(value, graph) : value));
  const product = graph.node("MatMul", [first ?? "", transpose(second ?? "", graph)]);
  const lengths = [...left.rest, ...right.rest];
  return graph.node("Reshape", [product, graph.integers([-1, ...(lengths.length > 0 ? lengths : [1])])]);
}

interface Matrix {
  /** [N, rows, k] */
  readonly value: ValueName;
  /** The lengths of the sample's other axes. */
  readonly rest: readonly number[];
}

function toMatrix(x: ValueName, axis: number, graph: GraphBuilder): Matrix {
  const shape = graph.shapeOf(x);
  const at = resolveAxis(axis, shape.length);
  const lengths = sampleShapeOf(shape);
  const rest = lengths.toSpliced(at - 1, 1);
  if (at === 0 || lengths.length > 2) {
    throw new RangeRefusal(cannot("multiply sample by sample", "an input [N, k] or [N, a, k]", describeShape(shape)));
  }
  if (lengths.length === 2) return { value: at === 2 ? x : transpose(x, graph), rest };
  return { value: graph.node("Reshape", [x, graph.integers([-1, 1, ...lengths])]), rest };
}

function transpose(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Transpose", [x], { perm: ints([0, 2, 1]) });
}

/** x / √max(Σ x², 10⁻⁷) along the last axis: TF.js's bound. */
function normalize(x: ValueName, graph: GraphBuilder): ValueName {
  const sum = graph.node("ReduceSum", [graph.node("Mul", [x, x]), graph.integers([2])], { keepdims: int(1) });
  return graph.node("Div", [x, graph.node("Sqrt", [graph.node("Max", [sum, graph.constant(1e-7)])])]);
}
