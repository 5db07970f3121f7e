import { cannot } from "../../core/errors.ts";
import { type Attributes, float, ints, string } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape, resolveAxis } from "../shape.ts";
import { readInts } from "../shape_rules.ts";
import { createInterpolation } from "../specs/interpolation.ts";
import { readLengths } from "../specs/window_shapes.ts";
import { type BackwardStep, inputOf, outputOf } from "./gradient_rule.ts";

/**
 * y = the largest value of each window: dx puts dy where that lay, and adds where windows overlap. Of equal values the
 * first in memory is taken, as in TF.js. MaxPool-12 gives their positions in x, counted through all of it.
 */
export function gradientOfMaxPool(step: BackwardStep): ValueName[] {
  const { node, graph, dy } = step;
  const x = inputOf(step, 0);
  const flatten = (value: ValueName) => graph.node("Reshape", [value, graph.integers([-1])]);
  const zeros = graph.node("Clip", [x, graph.constant(0), graph.constant(0)]);
  const positions = node.outputs[1] ?? "";
  const flat = graph.node("ScatterElements", [flatten(zeros), flatten(positions), flatten(dy)], {
    axis: { kind: "int", value: 0 },
    reduction: string("add"),
  });
  return [reshapeLike(flat, x, graph)];
}

/**
 * y = the largest value along axes: dx is dy at that value, shared out evenly where several are. In TF.js each gets all
 * of it, so that a step would be the larger the more places of a sequence look alike.
 */
export function gradientOfReduceMax(step: BackwardStep): ValueName[] {
  const { node, graph, dy } = step;
  const x = inputOf(step, 0);
  const shape = graph.shapeOf(x);
  const reduced = readInts(node.attributes, "axes").map((axis) => resolveAxis(axis, shape.length));
  const lengths = shape.map((length, axis) => (reduced.includes(axis) ? 1 : typeof length === "number" ? length : -1));
  const keep = (value: ValueName) => graph.node("Reshape", [value, graph.integers(lengths)]);
  const below = graph.node("Sub", [x, keep(outputOf(step))]);
  const isLargest = graph.node("HardSigmoid", [below], { alpha: float(3e38), beta: float(1) });
  const count = graph.node("ReduceSum", [isLargest, graph.integers(reduced)]);
  return [graph.node("Mul", [isLargest, graph.node("Div", [keep(dy), count])])];
}

/** y = x between zeros: dx is the part of dy that stands for x. */
export function gradientOfPad(step: BackwardStep): (ValueName | undefined)[] {
  const { graph, dy } = step;
  const pads = graph.readConstant(inputOf(step, 1)) ?? [];
  const shape = graph.shapeOf(inputOf(step, 0));
  const axes = shape.flatMap((_, axis) => (pads[axis] !== 0 || pads[shape.length + axis] !== 0 ? [axis] : []));
  const starts = axes.map((axis) => pads[axis] ?? 0);
  const ends = axes.map((axis, i) => (starts[i] ?? 0) + Number(shape[axis]));
  const bounds = [starts, ends, axes].map((values) => graph.integers(values));
  return [axes.length === 0 ? dy : graph.node("Slice", [dy, ...bounds]), undefined];
}

/** y = the part of x between constant bounds: dx is dy between zeros. */
export function gradientOfSlice(step: BackwardStep): (ValueName | undefined)[] {
  const { node, graph, dy } = step;
  const shape = graph.shapeOf(inputOf(step, 0));
  const [starts = [], ends = [], axes = []] = [1, 2, 3].map((index) => graph.readConstant(inputOf(step, index)));
  const [before, behind] = [shape.map(() => 0), shape.map(() => 0)];
  for (const [i, axis] of axes.entries()) {
    before[axis] = starts[i] ?? 0;
    behind[axis] = Number(shape[axis]) - (ends[i] ?? 0);
  }
  return [
    graph.node("Pad", [dy, graph.integers([...before, ...behind])]),
    ...node.inputs.slice(1).map(() => undefined),
  ];
}

/** y = x enlarged by whole factors: dx gathers what each value was used for. */
export function gradientOfResize(step: BackwardStep): (ValueName | undefined)[] {
  const { node, graph, dy } = step;
  const scales = graph.readConstant(inputOf(step, 2))?.slice(2) ?? [];
  const { mode } = node.attributes;
  if (mode?.kind !== "string") throw new RangeError(cannot("differentiate Resize", "a mode", mode));
  return [mode.value === "nearest" ? sumBlocks(dy, scales, graph) : undoInterpolation(step, scales)];
}

/** Every value was repeated: Σ over its block, as a mean times the block's size. */
function sumBlocks(dy: ValueName, scales: readonly number[], graph: GraphBuilder): ValueName {
  const window: Attributes = { kernel_shape: ints(scales), strides: ints(scales) };
  const size = scales.reduce((product, scale) => product * scale, 1);
  return graph.node("Mul", [graph.node("AveragePool", [dy], window), graph.constant(size)]);
}

/** Interpolation along an axis is a product with a matrix; so is the way back, with its transpose. */
function undoInterpolation(step: BackwardStep, scales: readonly number[]): ValueName {
  const { graph, dy } = step;
  const shape = graph.shapeOf(inputOf(step, 0));
  const lengths = readLengths(shape);
  const [rows, columns] = lengths.map((length, axis) => createInterpolation(length, scales[axis] ?? 1));
  const [height, width] = lengths;
  if (!rows || !columns || height === undefined || width === undefined || lengths.length !== 2) {
    throw new RangeError(cannot("differentiate Resize", "two spatial axes", describeShape(shape)));
  }
  const right = graph.constant(columns, [width * (scales[1] ?? 1), width]);
  const left = graph.constant(transposeMatrix(rows, height), [height, height * (scales[0] ?? 1)]);
  return graph.node("MatMul", [left, graph.node("MatMul", [dy, right])]);
}

function transposeMatrix(matrix: readonly number[], columns: number): number[] {
  const rows = matrix.length / columns;
  return Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

function reshapeLike(x: ValueName, like: ValueName, graph: GraphBuilder): ValueName {
  const lengths = graph.shapeOf(like).map((length) => (typeof length === "number" ? length : -1));
  return graph.node("Reshape", [x, graph.integers(lengths)]);
}
