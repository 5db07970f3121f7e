import { elementAt } from "../../core/element_at.ts";
import { needs } from "../../core/errors/errors.ts";
import type { Attributes, ValueType } from "../file/onnx_model.ts";
import { ints, string } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { describeShape } from "../shape.ts";
import { type BackwardStep, constantOf, inputOf } from "./backward_step.ts";
import { createInterpolation } from "./interpolation.ts";
import { constantAt, float32, type NodeOperands, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";
import { reshapeTo } from "./reshape_to.ts";
import { poolShape, readLengths, resizeShape } from "./window_shapes.ts";

/** Maximum pooling and resizing. */
export const windowOperators = {
  /**
   * y = the largest value of each window, and its place in x, counted through all of it: dx puts dy there, and adds
   * where windows overlap. Of equal values the first in memory is taken, as in TF.js.
   */
  MaxPool: {
    infer: maxPoolTypes,
    gradient(step) {
      const { node, graph, dy } = step;
      const x = inputOf(step, 0);
      const flatten = (value: ValueName) => graph.node("Reshape", [value, graph.integers([-1])]);
      const zeros = graph.node("Clip", [x, graph.constant(0), graph.constant(0)]);
      const positions = elementAt(node.outputs, 1);
      const flat = graph.node("ScatterElements", [flatten(zeros), flatten(positions), flatten(dy)], {
        axis: { kind: "int", value: 0 },
        reduction: string("add"),
      });
      return [reshapeTo(flat, graph.shapeOf(x), graph)];
    },
  },
  /** y = x enlarged by whole factors: dx gathers what each value was used for. */
  Resize: {
    infer: (node) => [float32(resizeShape(shapeAt(node, 0), constantAt(node, 2)))],
    gradient(step) {
      const { node, graph, dy } = step;
      const scales = constantOf(step, 2).slice(2);
      const { mode } = node.attributes;
      if (mode?.kind !== "string") throw new RangeError(needs("the gradient of Resize", "a mode", mode));
      return [mode.value === "nearest" ? sumBlocks(dy, scales, graph) : undoInterpolation(step, scales)];
    },
  },
} satisfies OperatorFamily;

function maxPoolTypes(node: NodeOperands): readonly ValueType[] {
  const shape = poolShape(shapeAt(node, 0), node.attributes);
  return [float32(shape), { shape, dataType: "int64" }];
}

/** Every value was repeated: Σ over its block, as a mean times the block's size. */
function sumBlocks(dy: ValueName, scales: readonly number[], graph: GrowingGraph): ValueName {
  const window: Attributes = { kernel_shape: ints(scales), strides: ints(scales) };
  const size = scales.reduce((product, scale) => product * scale, 1);
  return graph.node("Mul", [graph.node("AveragePool", [dy], window), graph.constant(size)]);
}

/** Interpolation along an axis is a product with a matrix; so is the way back, with its transpose. */
function undoInterpolation(step: BackwardStep, scales: readonly number[]): ValueName {
  const { graph, dy } = step;
  const shape = graph.shapeOf(inputOf(step, 0));
  const lengths = readLengths(shape);
  const [rows, columns] = lengths.map((length, axis) => createInterpolation(length, elementAt(scales, axis)));
  const [height, width] = lengths;
  if (!rows || !columns || height === undefined || width === undefined || lengths.length !== 2) {
    throw new RangeError(needs("the gradient of Resize", "two spatial axes", describeShape(shape)));
  }
  const right = graph.constant(columns, [width * elementAt(scales, 1), width]);
  const left = graph.constant(transposeMatrix(rows, height), [height, height * elementAt(scales, 0)]);
  return graph.node("MatMul", [left, graph.node("MatMul", [dy, right])]);
}

function transposeMatrix(matrix: readonly number[], columns: number): number[] {
  const rows = matrix.length / columns;
  return Array.from(matrix, (_, i) => elementAt(matrix, (i % rows) * columns + Math.floor(i / rows)));
}
