import { elementAt } from "../../../core/element_at.ts";
import { type Attributes, int, ints, type Shape } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";

/** Products of matrices. */
export const matrixRules: ImportRules = {
  Gemm: (step) => {
    const { graph } = step;
    const turn = (x: ValueName, name: string) =>
      step.int(name, 0) === 1 ? graph.node("Transpose", [x], { perm: ints([1, 0]) }) : x;
    const scale = (x: ValueName, name: string) => {
      const factor = step.float(name, 1);
      return factor === 1 ? x : graph.node("Mul", [x, graph.constant(factor)]);
    };
    const a = scale(turn(step.value(0), "transA"), "alpha");
    const c = step.has(2) ? [scale(step.value(2), "beta")] : [];
    const attributes: Attributes = step.int("transB", 0) === 1 ? { transB: int(1) } : {};
    return graph.node("Gemm", [a, step.value(1), ...c], attributes);
  },
  MatMul: (step) => multiply(step, step.value(0), step.value(1)),
  "com.microsoft.FusedMatMul": (step) => {
    const turn = (place: number, name: string) =>
      step.int(name, 0) === 1 ? turnMatrices(step.value(place), step) : step.value(place);
    const product = multiply(step, turn(0, "transA"), turn(1, "transB"));
    const alpha = step.float("alpha", 1);
    return alpha === 1 ? product : step.graph.node("Mul", [product, step.graph.constant(alpha)]);
  },
};

/** One matrix for all pairs is one product: its gradient is then one, too, and no sum over slices. */
export function multiply(step: ImportStep, a: ValueName, b: ValueName): ValueName {
  const { graph } = step;
  const [left, right] = [graph.shapeOf(a), graph.shapeOf(b)];
  if (left.length === 1) {
    const product = multiply(step, step.reshape(a, [1, ...left]), b);
    return step.reshape(product, dropAxis(graph.shapeOf(product), -2));
  }
  if (right.length === 1) {
    const product = multiply(step, a, step.reshape(b, [...right, 1]));
    return step.reshape(product, dropAxis(graph.shapeOf(product), -1));
  }
  if (left.length < 3 || right.length !== 2) return graph.node("MatMul", [a, b]);
  const [inner, columns] = [elementAt(right, 0), elementAt(right, 1)];
  const rows = graph.node("Reshape", [a, graph.integers([-1, Number(inner)])]);
  // PyTorch writes a linear layer's matrix turned: the product turns it, not a node that copies it.
  const turned = graph.transposedBy(b);
  const product = turned ? graph.node("Gemm", [rows, turned.x], { transB: int(1) }) : graph.node("Gemm", [rows, b]);
  return step.reshape(product, [...left.slice(0, -1), columns]);
}

function dropAxis(shape: Shape, axis: number): Shape {
  return shape.filter((_, i) => i !== shape.length + axis);
}

/** Has the last two axes exchanged. */
function turnMatrices(x: ValueName, { graph }: ImportStep): ValueName {
  const axes = graph.shapeOf(x).map((_, axis) => axis);
  return graph.node("Transpose", [x], { perm: ints([...axes.slice(0, -2), ...axes.slice(-2).reverse()]) });
}
