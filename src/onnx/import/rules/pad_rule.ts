import { elementAt } from "../../../core/element_at.ts";
import type { ValueName } from "../../graph.ts";
import { resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { pick } from "./pick.ts";

/** Values around others. */
export const padRules: ImportRules = {
  Pad: (step) => {
    const rank = step.shape(0).length;
    const pads = step.ints("pads") ?? step.numbers(1) ?? [];
    const axes = step.numbers(3)?.map((axis) => resolveAxis(axis, rank)) ?? Array.from({ length: rank }, (_, i) => i);
    const padded = axes.map((axis, i) => ({
      axis,
      before: elementAt(pads, i),
      behind: elementAt(pads, axes.length + i),
    }));
    return padAxes(step, padded);
  },
};

interface PaddedAxis {
  readonly axis: number;
  /** Below 0 it is cut off. */
  readonly before: number;
  readonly behind: number;
}

function padAxes(step: ImportStep, axes: readonly PaddedAxis[]): ValueName {
  const mode = step.text("mode", "constant");
  let x = step.value(0);
  for (const { axis, before, behind } of axes) {
    if (before === 0 && behind === 0) continue;
    const length = elementAt(step.graph.shapeOf(x), axis);
    if (typeof length !== "number") throw step.refuse("rows of the batch cannot be padded");
    // What is cut off is cut off first.
    const [start, left] = [Math.max(0, -before), length + Math.min(0, before) + Math.min(0, behind)];
    const places = Array.from({ length: length + before + behind }, (_, i) => i - Math.max(0, before));
    const taken = places.flatMap((place) => findSource(mode, place, left) ?? []).map((place) => place + start);
    if (mode !== "constant" && taken.length < places.length) throw step.refuse(`mode ${mode} has no rule`);
    x = pick(step, x, { axis, taken });
  }
  return mode === "constant" ? surround(step, x, axes) : x;
}

/** Which place of an axis is repeated at a place that may lie beyond it; undefined where it is none. */
function findSource(mode: string, place: number, length: number): number | undefined {
  if (place >= 0 && place < length) return place;
  switch (mode) {
    case "edge":
      return place < 0 ? 0 : length - 1;
    case "reflect": {
      const period = Math.max(1, 2 * (length - 1));
      const at = ((place % period) + period) % period;
      return at < length ? at : period - at;
    }
    case "wrap":
      return ((place % length) + length) % length;
    default:
      return undefined;
  }
}

/** Zeros, to which the number is added: no difference that would lose digits, and no product of infinity and 0. */
function surround(step: ImportStep, x: ValueName, axes: readonly PaddedAxis[]): ValueName {
  const { graph } = step;
  const value = step.numbers(2)?.[0] ?? step.float("value", 0);
  const rank = graph.shapeOf(x).length;
  const pads = new Array<number>(2 * rank).fill(0);
  for (const { axis, before, behind } of axes) {
    pads[axis] = Math.max(0, before);
    pads[rank + axis] = Math.max(0, behind);
  }
  if (pads.every((length) => length === 0)) return x;
  const padded = graph.node("Pad", [x, graph.integers(pads)]);
  if (value === 0) return padded;
  const isPadded = (axis: number) => elementAt(pads, axis) + elementAt(pads, rank + axis) > 0;
  const lengths = graph.shapeOf(padded).map((length, axis) => (isPadded(axis) ? Number(length) : 1));
  const frame = Array.from({ length: lengths.reduce((size, length) => size * length, 1) }, (_, i) => {
    let rest = i;
    const isOutside = lengths.map((_, k) => {
      const axis = rank - 1 - k;
      const [length, at] = [elementAt(lengths, axis), rest % elementAt(lengths, axis)];
      rest = Math.floor(rest / length);
      return isPadded(axis) && (at < elementAt(pads, axis) || at >= length - elementAt(pads, rank + axis));
    });
    return isOutside.includes(true) ? value : 0;
  });
  return graph.node("Add", [padded, graph.constant(frame, lengths)]);
}
