import { elementAt } from "../../core/element_at.ts";
import { type Dimension, int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { reshapeTo } from "../ops/reshape_to.ts";
import { multiplyDimensions } from "../shape.ts";
import type { Einsum } from "./read_einsum.ts";

/** A contraction of two operands as one product of matrices: axes are brought into order, then multiplied. */
export function contract(
  { left, right, einsum }: { readonly left: ValueName; readonly right: ValueName; readonly einsum: Einsum },
  graph: GrowingGraph,
): ValueName {
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
    reshapeTo(first, [...shape, count(onlyA), count(contracted)], graph),
    reshapeTo(second, [...shape, count(contracted), count(onlyB)], graph),
  ]);
  const letters = [...shared, ...onlyA, ...onlyB];
  return order(reshapeTo(product, lengths(letters), graph), letters, y);
}
