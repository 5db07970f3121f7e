import { elementAt } from "../../../core/element_at.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { ImportStep } from "../import_step.ts";

/** More pieces than this are read by their indices. */
const MOST_PIECES = 8;

/** Some places of an axis, in any order: pieces that follow each other put together, or a Gather. */
export function pick(
  { graph }: ImportStep,
  x: ValueName,
  { axis, taken }: { readonly axis: number; readonly taken: readonly number[] },
): ValueName {
  const shape = graph.shapeOf(x);
  const pieces = listPieces(taken);
  if (pieces.length <= MOST_PIECES) {
    const parts = pieces.map(({ start, end }) => {
      if (start === 0 && end === shape[axis]) return x;
      return graph.node("Slice", [x, ...[start, end, axis].map((bound) => graph.integers([bound]))]);
    });
    return parts.length === 1 ? elementAt(parts, 0) : graph.node("Concat", parts, { axis: int(axis) });
  }
  // Gather's gradient goes along the first axis.
  const front = [axis, ...shape.flatMap((_, other) => (other === axis ? [] : [other]))];
  const turned = graph.node("Transpose", [x], { perm: ints(front) });
  const gathered = graph.node("Gather", [turned, graph.integers(taken)], { axis: int(0) });
  return graph.node("Transpose", [gathered], { perm: ints(shape.map((_, other) => front.indexOf(other))) });
}

/** Runs of places of which each follows the one before. Nothing at all is one empty piece. */
function listPieces(taken: readonly number[]): { readonly start: number; readonly end: number }[] {
  const starts = taken.flatMap((place, i) => (i === 0 || place !== elementAt(taken, i - 1) + 1 ? [i] : []));
  if (starts.length === 0) return [{ start: 0, end: 0 }];
  return starts.map((first, i) => {
    const next = starts[i + 1] ?? taken.length;
    return { start: elementAt(taken, first), end: elementAt(taken, next - 1) + 1 };
  });
}
