import { elementAt } from "../../../core/element_at.ts";
import { type Attributes, int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { readEinsum } from "../read_einsum.ts";

/** Products of matrices. */
export const matrixRules: ImportRules = {
  Einsum: (step) => {
    const [left, right, ...others] = step.values();
    const equation = step.text("equation", "");
    if (left === undefined || right === undefined || others.length > 0) throw step.refuse("it must have two operands");
    return contract(step, { left, right, equation });
  },
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
    const product = multiply(step, step.value(0), step.value(1));
    const alpha = step.float("alpha", 1);
    if (step.int("transA", 0) || step.int("transB", 0)) throw step.refuse("transposed operands have no rule");
    return alpha === 1 ? product : step.graph.node("Mul", [product, step.graph.constant(alpha)]);
  },
};

/** One matrix for all pairs is one product: its gradient is then one, too, and no sum over slices. */
function multiply(step: ImportStep, a: ValueName, b: ValueName): ValueName {
  const { graph } = step;
  const [left, right] = [graph.shapeOf(a), graph.shapeOf(b)];
  if (left.length < 3 || right.length !== 2) return graph.node("MatMul", [a, b]);
  const [inner, columns] = [elementAt(right, 0), elementAt(right, 1)];
  const rows = graph.node("Reshape", [a, graph.integers([-1, Number(inner)])]);
  // PyTorch writes a linear layer's matrix turned: the product turns it, not a node that copies it.
  const turned = graph.transposedBy(b);
  const product = turned ? graph.node("Gemm", [rows, turned.x], { transB: int(1) }) : graph.node("Gemm", [rows, b]);
  return step.reshape(product, [...left.slice(0, -1), columns]);
}

/** A contraction of two operands as one product of matrices: axes are brought into order, then multiplied. */
function contract(
  step: ImportStep,
  { left, right, equation }: { readonly left: ValueName; readonly right: ValueName; readonly equation: string },
): ValueName {
  const { graph } = step;
  const { a, b, y, shared, contracted, onlyA, onlyB, alone } = readEinsum(equation);
  const lengthOf = (letter: string) => {
    const at = a.indexOf(letter);
    return at >= 0 ? elementAt(graph.shapeOf(left), at) : elementAt(graph.shapeOf(right), b.indexOf(letter));
  };
  const lengths = (letters: readonly string[]) => letters.map(lengthOf);
  const count = (letters: readonly string[]) =>
    lengths(letters).reduce<number>((size, length) => size * Number(length), 1);
  const order = (x: ValueName, from: readonly string[], to: readonly string[]) =>
    graph.node("Transpose", [x], { perm: ints(to.map((letter) => from.indexOf(letter))) });
  const prepare = (x: ValueName, from: readonly string[], to: readonly string[]) => {
    const summed = from.flatMap((letter, axis) => (alone.includes(letter) ? [axis] : []));
    const kept = from.filter((letter) => !alone.includes(letter));
    const rest = summed.length === 0 ? x : graph.node("ReduceSum", [x, graph.integers(summed)], { keepdims: int(0) });
    return order(rest, kept, to);
  };
  const first = prepare(left, a, [...shared, ...onlyA, ...contracted]);
  const second = prepare(right, b, [...shared, ...contracted, ...onlyB]);
  const [rows, inner, columns] = [count(onlyA), count(contracted), count(onlyB)];
  const shape = lengths(shared);
  const product = graph.node("MatMul", [
    step.reshape(first, [...shape, Number.isNaN(rows) ? -1 : rows, inner]),
    step.reshape(second, [...shape, inner, Number.isNaN(columns) ? -1 : columns]),
  ]);
  const letters = [...shared, ...onlyA, ...onlyB];
  return order(step.reshape(product, lengths(letters)), letters, y);
}
