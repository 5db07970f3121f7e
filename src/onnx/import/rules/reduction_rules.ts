import { elementAt } from "../../../core/element_at.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";

/** Reductions along axes; those that ours lack by their definitions. */
export const reductionRules: ImportRules = {
  CumSum: accumulate,
  ReduceL1: (step) => sum(step, absolute(step, step.value(0))),
  ReduceL2: (step) => step.graph.node("Sqrt", [sum(step, square(step, step.value(0)))]),
  ReduceLogSum: (step) => step.graph.node("Log", [sum(step, step.value(0))]),
  ReduceLogSumExp: reduceLogSumExp,
  ReduceMax: (step) => reduce("ReduceMax", step, step.value(0)),
  ReduceMean: (step) => reduce("ReduceMean", step, step.value(0)),
  ReduceMin: (step) => {
    const { graph } = step;
    return graph.node("Neg", [reduce("ReduceMax", step, graph.node("Neg", [step.value(0)]))]);
  },
  ReduceProd: reduceProduct,
  ReduceSum: (step) => sum(step, step.value(0)),
  ReduceSumSquare: (step) => sum(step, square(step, step.value(0))),
};

/** All axes where none are named, but for `noop_with_empty_axes`. */
function readAxes(step: ImportStep, x: ValueName): readonly number[] {
  const rank = step.graph.shapeOf(x).length;
  const axes = step.axes(1, rank) ?? [];
  if (axes.length > 0 || step.int("noop_with_empty_axes", 0) === 1) return axes;
  return Array.from({ length: rank }, (_, axis) => axis);
}

function reduce(
  op: "ReduceMax" | "ReduceMean",
  step: ImportStep,
  x: ValueName,
  keep = step.int("keepdims", 1),
): ValueName {
  const axes = readAxes(step, x);
  return axes.length === 0 ? x : step.graph.node(op, [x], { axes: ints(axes), keepdims: int(keep) });
}

function sum(step: ImportStep, x: ValueName): ValueName {
  const axes = readAxes(step, x);
  if (axes.length === 0) return x;
  return step.graph.node("ReduceSum", [x, step.graph.integers(axes)], { keepdims: int(step.int("keepdims", 1)) });
}

function square(step: ImportStep, x: ValueName): ValueName {
  return step.graph.node("Mul", [x, x]);
}

function absolute({ graph }: ImportStep, x: ValueName): ValueName {
  return graph.node("Abs", [x]);
}

/** The product of both halves of an axis, until it has one element: exact, also where values are 0. */
function reduceProduct(step: ImportStep): ValueName {
  const { graph } = step;
  const axes = readAxes(step, step.value(0));
  const product = axes.reduce((x, axis) => {
    let rest = x;
    for (let length = Number(graph.shapeOf(rest)[axis]); length > 1; length = Math.ceil(length / 2)) {
      const half = Math.floor(length / 2);
      const parts = graph.manyOutputs(
        "Split",
        [rest, graph.integers([half, half, length - 2 * half].filter(Boolean))],
        {
          axis: int(axis),
        },
      );
      const [a = "", b = "", odd] = parts;
      const both = graph.node("Mul", [a, b]);
      rest = odd === undefined ? both : graph.node("Concat", [both, odd], { axis: int(axis) });
    }
    return rest;
  }, step.value(0));
  if (axes.length === 0 || step.int("keepdims", 1) === 1) return product;
  return step.reshape(
    product,
    graph.shapeOf(product).filter((_, axis) => !axes.includes(axis)),
  );
}

/** m + ln Σ e^(x − m), with m the largest. */
function reduceLogSumExp(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const largest = reduce("ReduceMax", step, x, 1);
  const exponentials = graph.node("Exp", [graph.node("Sub", [x, largest])]);
  const logarithm = graph.node("Log", [sum(step, exponentials)]);
  return graph.node("Add", [logarithm, step.int("keepdims", 1) === 1 ? largest : reduce("ReduceMax", step, x)]);
}

/** Running sums along an axis, brought to the end, are a product with a triangle of ones. */
function accumulate(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const last = shape.length - 1;
  const axis = resolveAxis(Number(step.numbers(1)?.[0] ?? 0), shape.length);
  const length = elementAt(shape, axis);
  if (typeof length !== "number") throw step.refuse("running sums over the rows of the batch have no rule");
  const order = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const turn = (value: ValueName) => (axis === last ? value : graph.node("Transpose", [value], { perm: ints(order) }));
  const [isReversed, isExclusive] = [step.int("reverse", 0) === 1, step.int("exclusive", 0) === 1];
  const counts = (from: number, to: number) => {
    const distance = isReversed ? from - to : to - from;
    return isExclusive ? distance > 0 : distance >= 0;
  };
  const triangle = Array.from({ length: length * length }, (_, i) =>
    Number(counts(Math.floor(i / length), i % length)),
  );
  return turn(graph.node("MatMul", [turn(x), graph.constant(triangle, [length, length])]));
}
