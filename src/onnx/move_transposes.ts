import { elementAt } from "../core/element_at.ts";
import { type Attributes, int, ints } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { GrowingGraph, Transposed } from "./growing_graph.ts";
import { readInt, readInts } from "./ops/operands.ts";
import type { Operator } from "./ops/operator.ts";
import { isSameShape, resolveAxis } from "./shape.ts";

/** A node that is about to be added. */
export interface PlannedNode {
  readonly op: Operator;
  readonly inputs: readonly ValueName[];
  readonly attributes: Attributes;
}

/**
 * A cheaper way to the output of a node that is about to be added, as far as transposes go: a transpose moves behind an
 * operator that can work in any order of axes, two in a row become one or none, and one that moves nothing but axes of
 * length 1 becomes a Reshape. So converters may say where they want the channels, [N, …, C] as TF.js has them or [N, C,
 * …] as ONNX's convolutions do, and none of this costs anything between layers that want the same.
 * @returns The output, or undefined if the node should be added as it is.
 */
export function moveTransposes(node: PlannedNode, graph: GrowingGraph): ValueName | undefined {
  if (node.op === "Transpose") return mergeTranspose(node, graph);
  const transposed = node.inputs.map((name) => graph.transposedBy(name)).find((found) => found !== undefined);
  if (!transposed) return undefined;
  const { order } = transposed;
  switch (node.op) {
    case "Abs":
    case "Add":
    case "Ceil":
    case "Clip":
    case "Cos":
    case "Div":
    case "Elu":
    case "Erf":
    case "Exp":
    case "Floor":
    case "Greater":
    case "HardSigmoid":
    case "Identity":
    case "LeakyRelu":
    case "Log":
    case "Max":
    case "Min":
    case "Mul":
    case "Neg":
    case "Pow":
    case "Relu":
    case "Round":
    case "Selu":
    case "Sigmoid":
    case "Sign":
    case "Sin":
    case "Softplus":
    case "Softsign":
    case "Sqrt":
    case "Sub":
    case "Tanh":
    case "Where":
      return moveBehindElementwise(node, order, graph);
    case "LogSoftmax":
    case "Softmax":
      return moveBehindAxis(node, { order, fallback: -1 }, graph);
    case "Concat":
      return moveBehindAxis(node, { order, fallback: 0 }, graph);
    case "ReduceMax":
    case "ReduceMean":
    case "ReduceSum":
      return moveBehindReduction(node, transposed, graph);
    case "Pad":
      return moveBehindPad(node, transposed, graph);
    case "Slice":
      return moveBehindSlice(node, transposed, graph);
    default:
      return undefined;
  }
}

/** The order that undoes `order`. */
export function invertOrder(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

function mergeTranspose({ inputs: [y = ""], attributes }: PlannedNode, graph: GrowingGraph): ValueName | undefined {
  const wanted = readInts(attributes, "perm");
  const inner = graph.transposedBy(y);
  if (inner)
    return transpose(
      inner.x,
      wanted.map((axis) => elementAt(inner.order, axis)),
      graph,
    );
  if (wanted.every((axis, i) => axis === i)) return y;
  const shape = graph.shapeOf(y);
  const longAxes = wanted.filter((axis) => shape[axis] !== 1);
  if (longAxes.some((axis, i) => axis < (longAxes[i - 1] ?? 0))) return undefined;
  const lengths = wanted.map((axis) => elementAt(shape, axis));
  return graph.node("Reshape", [
    y,
    graph.integers(lengths.map((length) => (typeof length === "number" ? length : -1))),
  ]);
}

function transpose(x: ValueName, order: readonly number[], graph: GrowingGraph): ValueName {
  return graph.node("Transpose", [x], { perm: ints(order) });
}

/** Operands that are not in that order are brought into it: small ones, which are broadcast, for nothing. */
function moveBehindElementwise(
  { op, inputs, attributes }: PlannedNode,
  order: readonly number[],
  graph: GrowingGraph,
): ValueName | undefined {
  const rank = order.length;
  if (inputs.some((name) => name !== "" && graph.shapeOf(name).length > rank)) return undefined;
  const moved = inputs.map((name) => {
    if (name === "" || graph.shapeOf(name).every((length) => length === 1)) return name;
    return transpose(raiseRank(name, rank, graph), invertOrder(order), graph);
  });
  // As it is: operands that had to be moved are transposes themselves, and would move back.
  const [y = ""] = graph.manyOutputs(op, moved, attributes);
  return transpose(y, order, graph);
}

/** Lengths of 1 in front, which broadcasting would suppose there anyway. */
function raiseRank(x: ValueName, rank: number, graph: GrowingGraph): ValueName {
  const shape = graph.shapeOf(x);
  if (shape.length === rank) return x;
  const lengths = shape.map((length) => (typeof length === "number" ? length : -1));
  return graph.node("Reshape", [x, graph.integers([...new Array<number>(rank - shape.length).fill(1), ...lengths])]);
}

/** For operators with the attribute `axis`, all of whose inputs come in that order. */
function moveBehindAxis(
  { op, inputs, attributes }: PlannedNode,
  { order, fallback }: { order: readonly number[]; fallback: number },
  graph: GrowingGraph,
): ValueName | undefined {
  const sources = inputs.flatMap((name) => {
    const transposed = graph.transposedBy(name);
    return transposed && isSameShape(transposed.order, order) ? [transposed.x] : [];
  });
  if (sources.length < inputs.length) return undefined;
  const axis = elementAt(order, resolveAxis(readInt(attributes, "axis", fallback), order.length));
  return transpose(graph.node(op, sources, { ...attributes, axis: int(axis) }), order, graph);
}

/** Axes come as an attribute (ReduceMax-13, ReduceMean-13) or as an input (ReduceSum-13). */
function moveBehindReduction(
  { op, inputs, attributes }: PlannedNode,
  { x, order }: Transposed,
  graph: GrowingGraph,
): ValueName | undefined {
  const given = op === "ReduceSum" ? graph.readConstant(inputs[1] ?? "") : readInts(attributes, "axes");
  if (!given) return undefined;
  const reduced = given.map((axis) => resolveAxis(axis, order.length));
  const axes = reduced.map((axis) => elementAt(order, axis));
  const sum =
    op === "ReduceSum"
      ? graph.node(op, [x, graph.integers(axes)], attributes)
      : graph.node(op, [x], { ...attributes, axes: ints(axes) });
  if (readInt(attributes, "keepdims", 1) === 1) return transpose(sum, order, graph);
  const left = order.filter((_, axis) => !reduced.includes(axis));
  const sorted = left.toSorted((a, b) => a - b);
  return transpose(
    sum,
    left.map((axis) => sorted.indexOf(axis)),
    graph,
  );
}

/** Pad-13: lengths before every axis, then lengths behind. */
function moveBehindPad(
  { inputs: [, pads = "", ...others], attributes }: PlannedNode,
  { x, order }: Transposed,
  graph: GrowingGraph,
): ValueName | undefined {
  const lengths = graph.readConstant(pads);
  if (!lengths) return undefined;
  const rank = order.length;
  const inverse = invertOrder(order);
  const moved = [...inverse, ...inverse.map((axis) => rank + axis)].map((i) => elementAt(lengths, i));
  return transpose(graph.node("Pad", [x, graph.integers(moved), ...others], attributes), order, graph);
}

/** Slice-13 with its axes as an input. */
function moveBehindSlice(
  { inputs: [, starts = "", ends = "", axes = "", ...others], attributes }: PlannedNode,
  { x, order }: Transposed,
  graph: GrowingGraph,
): ValueName | undefined {
  const given = graph.readConstant(axes);
  if (!given) return undefined;
  const moved = graph.integers(given.map((axis) => elementAt(order, resolveAxis(axis, order.length))));
  return transpose(graph.node("Slice", [x, starts, ends, moved, ...others], attributes), order, graph);
}
