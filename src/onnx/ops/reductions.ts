import { elementAt } from "../../core/element_at.ts";
import { needs } from "../../core/errors/errors.ts";
import type { Attributes, Shape } from "../file/onnx_model.ts";
import { float } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { multiplyDimensions, resolveAxis } from "../shape.ts";
import { type BackwardStep, constantOf, inputOf, outputOf } from "./backward_step.ts";
import { constantAt, float32, readInt, readInts, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";
import { reshapeTo } from "./reshape_to.ts";

/** Sums, means and largest values along axes. */
export const reductionOperators = {
  /**
   * y = the largest value along axes: dx is dy at that value, shared out evenly where several are. In TF.js each gets
   * all of it, so that a step would be the larger the more places of a sequence look alike.
   */
  ReduceMax: {
    infer: (node) => [float32(reduceShape(shapeAt(node, 0), readInts(node.attributes, "axes"), node.attributes))],
    gradient(step) {
      const { node, graph, dy } = step;
      const x = inputOf(step, 0);
      const shape = graph.shapeOf(x);
      const reduced = readInts(node.attributes, "axes").map((axis) => resolveAxis(axis, shape.length));
      const kept = shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
      const keep = (value: ValueName) => reshapeTo(value, kept, graph);
      const below = graph.node("Sub", [x, keep(outputOf(step))]);
      const isLargest = graph.node("HardSigmoid", [below], { alpha: float(3e38), beta: float(1) });
      const count = graph.node("ReduceSum", [isLargest, graph.integers(reduced)]);
      return [graph.node("Mul", [isLargest, graph.node("Div", [keep(dy), count])])];
    },
  },
  /** y = Σ x / n over axes of n elements: dx repeats dy / n along them. */
  ReduceMean: {
    infer: (node) => [float32(reduceShape(shapeAt(node, 0), readInts(node.attributes, "axes"), node.attributes))],
    gradient(step) {
      const axes = readInts(step.node.attributes, "axes");
      const shape = step.graph.shapeOf(inputOf(step, 0));
      const count = multiplyDimensions(axes.map((axis) => elementAt(shape, resolveAxis(axis, shape.length))));
      if (typeof count !== "number")
        throw new RangeError(needs("the gradient of ReduceMean", "no mean over the batch", axes));
      return [repeatAlong(step, axes, 1 / count)];
    },
  },
  /** y = Σ x over axes: dx repeats dy along them. */
  ReduceSum: {
    infer: (node) => [float32(reduceShape(shapeAt(node, 0), constantAt(node, 1), node.attributes))],
    gradient(step) {
      const axes = constantOf(step, 1);
      return [repeatAlong(step, axes, 1), undefined];
    },
  },
} satisfies OperatorFamily;

export function reduceShape(shape: Shape, axes: readonly number[], attributes: Attributes): Shape {
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, shape.length)));
  if (readInt(attributes, "keepdims", 1) === 1) return shape.map((dimension, i) => (reduced.has(i) ? 1 : dimension));
  return shape.filter((_, i) => !reduced.has(i));
}

/** dy · factor, with lengths of 1 put back at `axes` and repeated to x's shape by a product with ones. */
function repeatAlong(step: BackwardStep, axes: readonly number[], factor: number): ValueName {
  const { graph } = step;
  const shape = graph.shapeOf(inputOf(step, 0));
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, shape.length)));
  const kept = shape.map((length, axis) => (reduced.has(axis) ? 1 : length));
  const lengths = shape.map((length, axis) => (reduced.has(axis) ? length : 1));
  const count = multiplyDimensions(lengths);
  if (typeof count !== "number") throw new RangeError(needs("the gradient", "axes besides the batch", axes));
  const repeats = graph.constant(new Array<number>(count).fill(factor), lengths.map(Number));
  return graph.node("Mul", [reshapeTo(step.dy, kept, graph), repeats]);
}
