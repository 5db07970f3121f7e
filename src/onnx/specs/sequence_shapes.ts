import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import { broadcastShapes, describeShape, isSameShape, resolveAxis } from "../shape.ts";

/** Expand-13: x broadcast with a shape of known lengths. */
export function expandShape(x: Shape, lengths: readonly number[]): Shape {
  return broadcastShapes(x, lengths);
}

/** PRelu-16: a slope that is broadcast to x. @throws {RangeError} If the slope has lengths that x has not. */
export function learnedReluShape(x: Shape, slope: Shape): Shape {
  if (isSameShape(broadcastShapes(x, slope), x)) return x;
  throw new RangeRefusal(cannot("apply a slope", `a shape that fits ${describeShape(x)}`, describeShape(slope)));
}

/** ScatterND-16: elements of data [a, …] replaced, or added to, at indices [M, 1] along the first axis. */
export function scatterShape(data: Shape, indices: Shape, updates: Shape): Shape {
  const isRowwise = indices.length === 2 && indices[1] === 1 && indices[0] === updates[0];
  if (isRowwise && isSameShape(updates.slice(1), data.slice(1))) return data;
  const wanted = `indices [M, 1] and updates [M, ${data.slice(1).join(", ")}]`;
  throw new RangeRefusal(cannot("scatter rows", wanted, [describeShape(indices), describeShape(updates)]));
}

/** LayerNormalization-17: y of x's shape, mean and inverse deviation with lengths of 1 from `axis` on. */
export function layerNormalizationShapes(x: Shape, scale: Shape, axis: number): readonly Shape[] {
  const first = resolveAxis(axis, x.length);
  if (!isSameShape(x.slice(first), scale)) {
    throw new RangeRefusal(
      cannot("normalize each sample", `a scale ${describeShape(x.slice(first))}`, describeShape(scale)),
    );
  }
  const statistics = x.map((length, i) => (i < first ? length : 1));
  return [x, statistics, statistics];
}

/** Split-13: parts of x of the given lengths along an axis. */
export function splitShapes(x: Shape, axis: number, lengths: readonly number[]): readonly Shape[] {
  const at = resolveAxis(axis, x.length);
  const sum = lengths.reduce((total, length) => total + length, 0);
  if (sum !== x[at]) throw new RangeRefusal(cannot("split", `lengths that add up to ${x[at]}`, lengths));
  return lengths.map((length) => x.with(at, length));
}
