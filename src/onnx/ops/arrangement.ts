import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Dimension, Shape } from "../file/onnx_model.ts";
import { int, ints } from "../file/onnx_model.ts";
import { broadcastShapes, multiplyDimensions, resolveAxis } from "../shape.ts";
import { constantOf, inputOf, outputOf, sumToShape } from "./backward_step.ts";
import { constantAt, dimensionAt, float32, type NodeOperands, readInt, readInts, shapeAt, typeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";
import { reshapeTo } from "./reshape_to.ts";
import { padShape } from "./window_shapes.ts";

/** Operators that move values without changing them. */
export const arrangementOperators = {
  /** y = x₀, x₁, … one after another along an axis: each gets its slice of dy. */
  Concat: {
    infer: (node) => [float32(concatShape(node))],
    gradient(step) {
      const { node, graph, dy } = step;
      const axis = resolveAxis(readInt(node.attributes, "axis", 0), graph.shapeOf(dy).length);
      let start = 0;
      return node.inputs.map((name, index) => {
        const end = start + Number(graph.shapeOf(name)[axis]);
        const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([axis])];
        start = end;
        return step.isNeeded(index) ? graph.node("Slice", [dy, ...bounds]) : undefined;
      });
    },
  },
  /** y repeats x along axes where x has a length of 1: dx = Σ dy over them. */
  Expand: {
    infer: (node) => [float32(broadcastShapes(shapeAt(node, 0), constantAt(node, 1)))],
    gradient({ graph, dy, node }) {
      return [sumToShape(dy, graph.shapeOf(elementAt(node.inputs, 0)), graph), undefined];
    },
  },
  /** y holds x's elements as a matrix: dx is dy in x's shape. */
  Flatten: {
    infer: (node) => [float32(flattenShape(shapeAt(node, 0), readInt(node.attributes, "axis", 1)))],
    gradient(step) {
      return [reshapeTo(step.dy, step.graph.shapeOf(inputOf(step, 0)), step.graph), undefined];
    },
  },
  /** y = x between zeros: dx is the part of dy that stands for x. */
  Pad: {
    infer: (node) => [float32(padShape(shapeAt(node, 0), constantAt(node, 1)))],
    gradient(step) {
      const { graph, dy } = step;
      const pads = constantOf(step, 1);
      const shape = graph.shapeOf(inputOf(step, 0));
      const axes = shape.flatMap((_, axis) => (pads[axis] !== 0 || pads[shape.length + axis] !== 0 ? [axis] : []));
      const starts = axes.map((axis) => elementAt(pads, axis));
      const ends = axes.map((axis, i) => elementAt(starts, i) + Number(shape[axis]));
      const bounds = [starts, ends, axes].map((values) => graph.integers(values));
      return [axes.length === 0 ? dy : graph.node("Slice", [dy, ...bounds]), undefined];
    },
  },
  /** y holds x's elements in another shape: dx is dy in x's shape. */
  Reshape: {
    infer: (node) => [{ ...typeAt(node, 0), shape: reshapeShape(shapeAt(node, 0), constantAt(node, 1)) }],
    gradient(step) {
      return [reshapeTo(step.dy, step.graph.shapeOf(inputOf(step, 0)), step.graph), undefined];
    },
  },
  Size: { infer: () => [{ shape: [], dataType: "int64" }], gradient: undefined },
  /** y = the part of x between constant bounds: dx is dy between zeros. */
  Slice: {
    infer: (node) => [float32(sliceShape(node))],
    gradient(step) {
      const { node, graph, dy } = step;
      if (node.inputs.length > 4) throw new RangeRefusal("a slice with steps has no gradient");
      const shape = graph.shapeOf(inputOf(step, 0));
      const [starts = [], ends = [], axes = []] = [1, 2, 3].map((index) => graph.readConstant(inputOf(step, index)));
      const [before, behind] = [shape.map(() => 0), shape.map(() => 0)];
      for (const [i, axis] of axes.entries()) {
        before[axis] = elementAt(starts, i);
        behind[axis] = Number(shape[axis]) - elementAt(ends, i);
      }
      return [
        graph.node("Pad", [dy, graph.integers([...before, ...behind])]),
        ...node.inputs.slice(1).map(() => undefined),
      ];
    },
  },
  /** y₀, y₁, … = parts of x along an axis: dx = dy₀, dy₁, … one after another, zeros for parts that nobody used. */
  Split: {
    infer: (node) =>
      splitShapes(shapeAt(node, 0), readInt(node.attributes, "axis", 0), constantAt(node, 1)).map(float32),
    gradient(step) {
      const { graph, node } = step;
      const axis = resolveAxis(readInt(node.attributes, "axis", 0), graph.shapeOf(outputOf(step)).length);
      const parts = node.outputs.map((output, index) => {
        return step.gradientOf(index) ?? graph.node("Mul", [output, graph.constant(0)]);
      });
      return [graph.node("Concat", parts, { axis: int(axis) }), undefined];
    },
  },
  /** y[i₀, i₁, …] = x with its axes in the order `perm`: dx is dy in the inverse order. */
  Transpose: {
    infer: (node) => [float32(readInts(node.attributes, "perm").map((axis) => dimensionAt(shapeAt(node, 0), axis)))],
    gradient({ node, graph, dy }) {
      const order = readInts(node.attributes, "perm");
      return [graph.node("Transpose", [dy], { perm: ints(order.map((_, axis) => order.indexOf(axis))) })];
    },
  },
} satisfies OperatorFamily;

function concatShape(node: NodeOperands): Shape {
  const first = shapeAt(node, 0);
  const axis = resolveAxis(readInt(node.attributes, "axis", 0), first.length);
  let length = 0;
  for (const operand of node.operands) {
    const part = operand?.shape[axis];
    const others = operand?.shape.every((dimension, i) => i === axis || dimension === first[i]);
    if (typeof part !== "number" || !others || operand?.shape.length !== first.length) {
      throw new RangeRefusal(needs("Concatenate", `shapes equal but for axis ${axis}`, operand?.shape));
    }
    length += part;
  }
  return first.with(axis, length);
}

function flattenShape(shape: Shape, axis: number): Shape {
  return [multiplyDimensions(shape.slice(0, axis)), multiplyDimensions(shape.slice(axis))];
}

/** 0 keeps the length of that axis, −1 takes what is left. */
function reshapeShape(shape: Shape, wanted: readonly number[]): Shape {
  const kept = wanted.map((length, i): Dimension => (length === 0 ? dimensionAt(shape, i) : length));
  const open = kept.indexOf(-1);
  const total = multiplyDimensions(shape);
  if (open < 0) {
    if (multiplyDimensions(kept) === total) return kept;
    throw new RangeRefusal(needs("Reshape", `${total} elements`, kept));
  }
  const rest = multiplyDimensions(kept.filter((_, i) => i !== open));
  return kept.with(open, divideDimension(total, rest));
}

function divideDimension(total: Dimension, part: Dimension): Dimension {
  const countOf = (dimension: Dimension) =>
    typeof dimension === "number" ? dimension : dimension === "N" ? 1 : Number(dimension.slice(2));
  const quotient = countOf(total) / countOf(part);
  const isBatchLeft = typeof total !== "number" && typeof part === "number";
  if (!Number.isInteger(quotient) || (typeof part !== "number" && typeof total === "number")) {
    throw new RangeRefusal(needs("Reshape", `a part of ${total} elements`, part));
  }
  return multiplyDimensions(isBatchLeft ? ["N", quotient] : [quotient]);
}

/** Slice along constant axes, with constant steps of at least 1 if there are any; ends count from the start. */
function sliceShape(node: NodeOperands): Shape {
  const [starts, ends, axes] = [constantAt(node, 1), constantAt(node, 2), constantAt(node, 3)];
  const steps = node.operands[4] ? constantAt(node, 4) : axes.map(() => 1);
  let shape = shapeAt(node, 0);
  for (const [i, axis] of axes.entries()) {
    const length = dimensionAt(shape, axis);
    const start = elementAt(starts, i);
    const end = elementAt(ends, i);
    if (typeof length !== "number" || start < 0 || end > length || start > end) {
      throw new RangeRefusal(needs("Slice", `a range within ${length}`, [start, end]));
    }
    shape = shape.with(axis, Math.ceil((end - start) / elementAt(steps, i)));
  }
  return shape;
}

/** Split-13: parts of x of the given lengths along an axis. */
function splitShapes(x: Shape, axis: number, lengths: readonly number[]): readonly Shape[] {
  const at = resolveAxis(axis, x.length);
  const sum = lengths.reduce((total, length) => total + length, 0);
  if (sum !== x[at]) throw new RangeRefusal(needs("Split", `lengths that add up to ${x[at]}`, lengths));
  return lengths.map((length) => x.with(at, length));
}
