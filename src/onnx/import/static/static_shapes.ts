import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import type { Dimension } from "../../file/onnx_model.ts";
import { broadcastShapes, resolveAxis } from "../../shape.ts";
import type { StaticTensor } from "../onnx_source.ts";

/** Positions in a tensor [..], row-major, one after another. */
function* eachPosition(shape: readonly number[]): Generator<readonly number[]> {
  const position = shape.map(() => 0);
  for (let i = 0; i < countElements(shape); i++) {
    yield position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = elementAt(position, axis) + 1;
      position[axis] = next < elementAt(shape, axis) ? next : 0;
      if (position[axis] !== 0) break;
    }
  }
}

/** The value at a position; axes of length 1 serve any, and axes that are missing in front are passed over. */
export function valueAtPosition({ shape, values }: StaticTensor, position: readonly number[]): Dimension {
  const skipped = position.length - shape.length;
  let at = 0;
  for (const [axis, length] of shape.entries()) {
    at = at * length + (length === 1 ? 0 : elementAt(position, axis + skipped));
  }
  return elementAt(values, at);
}

/** A tensor of `shape` whose values are made position by position. */
export function fillStatic(
  shape: readonly number[],
  isFloat: boolean,
  fill: (position: readonly number[]) => Dimension,
): StaticTensor {
  return { shape, isFloat, values: Array.from(eachPosition(shape), fill) };
}

/** The shape that tensors of numbers are broadcast to. */
export function broadcastStatic(...tensors: readonly StaticTensor[]): number[] {
  return tensors.reduce<number[]>((shape, tensor) => broadcastShapes(shape, tensor.shape).map(Number), []);
}

/** The numbers of a tensor. @throws {RangeError} If one depends on the number of rows. */
export function numbersOf({ values }: StaticTensor): number[] {
  return values.map((value) => {
    if (typeof value === "number") return value;
    throw new RangeRefusal(needs("the operator", "numbers that do not depend on the number of rows", value));
  });
}

/** x[start:end:step] along axes, as Slice-13 counts. */
export function sliceStatic(
  x: StaticTensor,
  bounds: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  },
): StaticTensor {
  const picks = x.shape.map((length) => Array.from({ length }, (_, i) => i));
  for (const [i, given] of bounds.axes.entries()) {
    const axis = resolveAxis(given, x.shape.length);
    const length = elementAt(x.shape, axis);
    const [start, end, step] = [elementAt(bounds.starts, i), elementAt(bounds.ends, i), bounds.steps[i] ?? 1];
    picks[axis] = listSlice({ start, end, step, length });
  }
  const shape = picks.map((pick) => pick.length);
  return fillStatic(shape, x.isFloat, (position) =>
    valueAtPosition(
      x,
      position.map((at, axis) => elementAt(elementAt(picks, axis), at)),
    ),
  );
}

/** The positions that Slice-13 takes of an axis. */
export function listSlice(slice: {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly length: number;
}): number[] {
  const { step, length } = slice;
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (at: number) => Math.min(highest, Math.max(lowest, at < 0 ? at + length : at));
  const [start, end] = [clamp(slice.start), slice.end < -length && step < 0 ? -1 : clamp(slice.end)];
  const taken: number[] = [];
  for (let at = start; step > 0 ? at < end : at > end; at += step) taken.push(at);
  return taken;
}
