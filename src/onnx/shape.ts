import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { Dimension, Shape } from "./file/onnx_model.ts";

/** The length of dimensions laid out one after another; at most one of them may depend on the batch. */
export function multiplyDimensions(dimensions: Shape): Dimension {
  let factor = 1;
  let dependsOnBatch = false;
  for (const dimension of dimensions) {
    if (typeof dimension === "number") {
      factor *= dimension;
      continue;
    }
    if (dependsOnBatch) throw new RangeRefusal(needs("the shape", "the batch only once", dimensions));
    dependsOnBatch = true;
    factor *= dimension === "N" ? 1 : Number(dimension.slice(2));
  }
  if (!dependsOnBatch) return factor;
  return factor === 1 ? "N" : `N*${factor}`;
}

/** The lengths of a shape without its batch dimension. @throws {RangeError} If another one depends on the batch. */
export function sampleShapeOf(shape: Shape): number[] {
  return shape.slice(1).map((dimension) => {
    if (typeof dimension === "number") return dimension;
    throw new RangeRefusal(needs("the shape", "the batch as first dimension only", shape));
  });
}

/** True for equal lengths in equal order. */
export function isSameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** "[N, 28, 28]" */
export function describeShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** An axis counted from the end made one counted from the start. @throws {RangeError} If there is no such axis. */
export function resolveAxis(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (resolved < 0 || resolved >= rank) throw new RangeRefusal(needs("the axis", `one below ${rank}`, axis));
  return resolved;
}

/**
 * The shape of an elementwise operation on `a` and `b`, by NumPy's rules: shapes are aligned at their ends, and a
 * length of 1 serves any other.
 * @throws {RangeError} If they do not fit.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new RangeRefusal(
      needs("the elementwise operator", `a shape that fits ${describeShape(a)}`, describeShape(b)),
    );
  });
}
