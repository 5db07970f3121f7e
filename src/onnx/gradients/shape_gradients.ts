import { cannot } from "../../core/errors.ts";
import { ints, type Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { describeShape, multiplyDimensions, resolveAxis } from "../shape.ts";
import { readInt, readInts } from "../shape_rules.ts";
import { type BackwardStep, inputOf } from "./gradient_rule.ts";

/** y holds x's elements in another shape: dx is dy in x's shape. */
export function gradientOfReshape(step: BackwardStep): (ValueName | undefined)[] {
  return [reshapeTo(step, step.dy, step.graph.shapeOf(inputOf(step, 0))), undefined];
}

/** y[i₀, i₁, …] = x with its axes in the order `perm`: dx is dy in the inverse order. */
export function gradientOfTranspose({ node, graph, dy }: BackwardStep): ValueName[] {
  const order = readInts(node.attributes, "perm");
  return [graph.node("Transpose", [dy], { perm: ints(order.map((_, axis) => order.indexOf(axis))) })];
}

/** y = x₀, x₁, … one after another along an axis: each gets its slice of dy. */
export function gradientOfConcat(step: BackwardStep): (ValueName | undefined)[] {
  const { node, graph, dy } = step;
  const axis = resolveAxis(readInt(node.attributes, "axis", 0), graph.shapeOf(dy).length);
  let start = 0;
  return node.inputs.map((name, index) => {
    const end = start + Number(graph.shapeOf(name)[axis]);
    const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([axis])];
    start = end;
    return step.isNeeded(index) ? graph.node("Slice", [dy, ...bounds]) : undefined;
  });
}

/** y = Σ x over axes: dx repeats dy along them. */
export function gradientOfReduceSum(step: BackwardStep): (ValueName | undefined)[] {
  const axes = step.graph.readConstant(inputOf(step, 1)) ?? [];
  return [repeatAlong(step, axes, 1), undefined];
}

/** y = Σ x / n over axes of n elements: dx repeats dy / n along them. */
export function gradientOfReduceMean(step: BackwardStep): ValueName[] {
  const axes = readInts(step.node.attributes, "axes");
  const shape = step.graph.shapeOf(inputOf(step, 0));
  const count = multiplyDimensions(axes.map((axis) => shape[resolveAxis(axis, shape.length)] ?? 1));
  if (typeof count !== "number")
    throw new RangeError(cannot("differentiate ReduceMean", "no mean over the batch", axes));
  return [repeatAlong(step, axes, 1 / count)];
}

/** dy · factor, with lengths of 1 put back at `axes` and repeated to x's shape by a product with ones. */
function repeatAlong(step: BackwardStep, axes: readonly number[], factor: number): ValueName {
  const { graph } = step;
  const shape = graph.shapeOf(inputOf(step, 0));
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, shape.length)));
  const kept = shape.map((length, axis) => (reduced.has(axis) ? 1 : length));
  const lengths = shape.map((length, axis) => (reduced.has(axis) ? length : 1));
  const count = multiplyDimensions(lengths);
  if (typeof count !== "number") throw new RangeError(cannot("repeat a gradient", "axes besides the batch", axes));
  const repeats = graph.constant(new Array<number>(count).fill(factor), lengths.map(Number));
  return graph.node("Mul", [reshapeTo(step, step.dy, kept), repeats]);
}

/** Reshape-14 to a shape whose batch, if it has one, is what is left. */
function reshapeTo({ graph }: BackwardStep, x: ValueName, shape: Shape): ValueName {
  if (describeShape(graph.shapeOf(x)) === describeShape(shape)) return x;
  return graph.node("Reshape", [x, graph.integers(shape.map((length) => (typeof length === "number" ? length : -1)))]);
}
