import { elementAt } from "../../../core/element_at.ts";
import { type Dimension, int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { multiplyDimensions } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { type Einsum, readEinsum } from "../read_einsum.ts";

/** Contractions by a formula. */
export const einsumRules: ImportRules = {
  Einsum: (step) => {
    const [left, right, ...others] = step.values();
    if (left === undefined || others.length > 0) throw step.refuse("it must have one operand or two");
    const ranks = [left, right].flatMap((name) => (name === undefined ? [] : [step.graph.shapeOf(name).length]));
    const einsum = readEinsum(step.text("equation", ""), ranks);
    // A single operand is multiplied by a number.
    return contract(step, { left, right: right ?? step.graph.constant(1), einsum });
  },
};

/** A contraction of two operands as one product of matrices: axes are brought into order, then multiplied. */
function contract(
  step: ImportStep,
  { left, right, einsum }: { readonly left: ValueName; readonly right: ValueName; readonly einsum: Einsum },
): ValueName {
  const { graph } = step;
  const { a, b, y, shared, contracted, onlyA, onlyB, alone } = einsum;
  const lengthOf = (letter: string): Dimension => {
    const at = a.indexOf(letter);
    return at >= 0 ? elementAt(graph.shapeOf(left), at) : elementAt(graph.shapeOf(right), b.indexOf(letter));
  };
  const lengths = (letters: readonly string[]) => letters.map(lengthOf);
  const count = (letters: readonly string[]) => multiplyDimensions(lengths(letters));
  const order = (x: ValueName, from: readonly string[], to: readonly string[]) =>
    graph.node("Transpose", [x], { perm: ints(to.map((letter) => from.indexOf(letter))) });
  const prepare = (x: ValueName, from: readonly string[], to: readonly string[]) => {
    const summed = from.flatMap((letter, axis) => (alone.includes(letter) ? [axis] : []));
    const kept = from.filter((letter) => !alone.includes(letter));
    const rest = summed.length === 0 ? x : graph.node("ReduceSum", [x, graph.integers(summed)], { keepdims: int(0) });
    return order(rest, kept, to);
  };
  const first = prepare(left, a, [...shared, ...onlyA, ...contracted]);
  if (b.length === 0) return order(first, [...onlyA], y);
  const second = prepare(right, b, [...shared, ...contracted, ...onlyB]);
  const shape = lengths(shared);
  const product = graph.node("MatMul", [
    step.reshape(first, [...shape, count(onlyA), count(contracted)]),
    step.reshape(second, [...shape, count(contracted), count(onlyB)]),
  ]);
  const letters = [...shared, ...onlyA, ...onlyB];
  return order(step.reshape(product, lengths(letters)), letters, y);
}
