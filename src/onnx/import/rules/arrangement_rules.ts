import { elementAt } from "../../../core/element_at.ts";
import type { Dimension } from "../../file/onnx_model.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { broadcastShapes, resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { listSlice } from "../static_shapes.ts";

/** Operators that move values without changing them. */
export const arrangementRules: ImportRules = {
  Concat: (step) => step.graph.node("Concat", step.values(), { axis: int(step.axis(0, step.shape(0).length)) }),
  DepthToSpace: depthToSpace,
  Expand: expand,
  Flatten: (step) => step.graph.node("Flatten", [step.value(0)], { axis: int(step.axis(1, step.shape(0).length)) }),
  Pad: pad,
  Reshape: (step) => {
    const from = step.shape(0);
    const keepsZeros = step.int("allowzero", 0) === 1;
    const lengths = step.lengths(1).map((length, i) => (length === 0 && !keepsZeros ? elementAt(from, i) : length));
    return step.reshape(step.value(0), lengths);
  },
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: (step) => {
    const from = step.shape(0);
    const axes = step.axes(1, from.length) ?? from.flatMap((length, axis) => (length === 1 ? [axis] : []));
    return step.reshape(
      step.value(0),
      from.filter((_, axis) => !axes.includes(axis)),
    );
  },
  Tile: (step) => {
    const repeats = step.numbers(1) ?? [];
    return repeats.reduce((x, count, axis) => repeat(step, x, { axis, count }), step.value(0));
  },
  Transpose: (step) => {
    const rank = step.shape(0).length;
    const order = step.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return step.graph.node("Transpose", [step.value(0)], { perm: ints(order) });
  },
  Trilu: (step) => {
    const { graph } = step;
    const x = step.value(0);
    const [rows = 0, columns = 0] = graph.shapeOf(x).slice(-2).map(Number);
    const diagonal = step.numbers(1)?.[0] ?? 0;
    const isUpper = step.int("upper", 1) === 1;
    const mask = Array.from({ length: rows * columns }, (_, i) => {
      const offset = (i % columns) - Math.floor(i / columns) - diagonal;
      return Number(isUpper ? offset >= 0 : offset <= 0);
    });
    return graph.node("Mul", [x, graph.constant(mask, [rows, columns])]);
  },
  Unsqueeze: (step) => {
    const from = [...step.shape(0)];
    const given = step.ints("axes") ?? step.numbers(1) ?? [];
    const rank = from.length + given.length;
    const added = given.map((axis) => resolveAxis(axis, rank));
    const lengths = Array.from(
      { length: rank },
      (_, axis): Dimension => (added.includes(axis) ? 1 : (from.shift() ?? 1)),
    );
    return step.reshape(step.value(0), lengths);
  },
};

function repeat(
  step: ImportStep,
  x: ValueName,
  { axis, count }: { readonly axis: number; readonly count: number },
): ValueName {
  return count === 1 ? x : step.graph.node("Concat", new Array<ValueName>(count).fill(x), { axis: int(axis) });
}

/** To numbers as they are; to the number of rows by adding zeros of that many rows. */
function expand(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const wanted = step.lengths(1);
  const shape = broadcastShapes(graph.shapeOf(x), wanted);
  if (shape.every((length) => typeof length === "number")) {
    return graph.node("Expand", [x, graph.integers(shape.map(Number))]);
  }
  const from = graph.shapeOf(x);
  const missing = shape.flatMap((length, axis) => {
    const own = from[axis - shape.length + from.length];
    return typeof length !== "number" && own !== length ? [{ axis, length }] : [];
  });
  const fixed = shape.map((length) => (typeof length === "number" ? length : 1));
  const repeated = missing.length === 0 ? x : graph.node("Add", [x, rowsOfZeros(step, shape)]);
  return graph.node("Mul", [repeated, graph.constant(new Array<number>(size(fixed)).fill(1), fixed)]);
}

/** Zeros [N, 1, …], N where `shape` depends on the batch. @throws {RangeError} If that is another multiple of it. */
function rowsOfZeros(step: ImportStep, shape: readonly Dimension[]): ValueName {
  const { graph } = step;
  if (shape.some((length) => typeof length !== "number" && length !== "N")) {
    throw step.refuse("values can be repeated once a row of the batch");
  }
  const x = elementAt(graph.inputs, 0).name;
  const others = graph.shapeOf(x).flatMap((_, axis) => (axis === 0 ? [] : [axis]));
  const zeros = graph.node("Clip", [x, graph.constant(0), graph.constant(0)]);
  const rows = others.length === 0 ? zeros : graph.node("ReduceMax", [zeros], { axes: ints(others), keepdims: int(0) });
  return step.reshape(
    rows,
    shape.map((length) => (typeof length === "number" ? 1 : length)),
  );
}

function size(lengths: readonly number[]): number {
  return lengths.reduce((product, length) => product * length, 1);
}

/** Zeros, another number or the edge's values around. */
function pad(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const rank = graph.shapeOf(x).length;
  const pads = [...(step.ints("pads") ?? step.numbers(1) ?? [])];
  const given = step.numbers(3);
  const full = given ? spreadPads(pads, given, rank) : pads;
  const mode = step.text("mode", "constant");
  const value = step.numbers(2)?.[0] ?? step.float("value", 0);
  if (full.every((length) => length === 0)) return x;
  if (mode !== "constant") throw step.refuse(`mode ${mode} has no rule`);
  if (full.some((length) => length < 0)) throw step.refuse("negative pads have no rule");
  const padded = (input: ValueName) => graph.node("Pad", [input, graph.integers(full)]);
  if (value === 0) return padded(x);
  const shift = graph.constant(value);
  return graph.node("Add", [padded(graph.node("Sub", [x, shift])), shift]);
}

function spreadPads(pads: readonly number[], axes: readonly number[], rank: number): number[] {
  const full = new Array<number>(2 * rank).fill(0);
  for (const [i, given] of axes.entries()) {
    const axis = resolveAxis(given, rank);
    full[axis] = elementAt(pads, i);
    full[rank + axis] = elementAt(pads, axes.length + i);
  }
  return full;
}

function slice(step: ImportStep): ValueName {
  const { graph } = step;
  let x = step.value(0);
  const shape = graph.shapeOf(x);
  const [starts, ends] = [step.ints("starts") ?? step.numbers(1), step.ints("ends") ?? step.numbers(2)];
  const axes = step.axes(3, shape.length) ?? starts?.map((_, axis) => axis) ?? [];
  const steps = step.numbers(4);
  for (const [i, axis] of axes.entries()) {
    const length = elementAt(shape, axis);
    const [start, end, stride] = [elementAt(starts ?? [], i), elementAt(ends ?? [], i), steps?.[i] ?? 1];
    if (typeof length !== "number") {
      if (start === 0 && end > 2 ** 30 && stride === 1) continue;
      throw step.refuse("the rows of the batch cannot be sliced");
    }
    const taken = listSlice({ start, end, step: stride, length });
    x =
      stride === 1
        ? range(step, x, { axis, start: taken[0] ?? 0, length: taken.length })
        : pick(step, x, { axis, taken });
  }
  return x;
}

function range(
  { graph }: ImportStep,
  x: ValueName,
  { axis, start, length }: { readonly axis: number; readonly start: number; readonly length: number },
): ValueName {
  if (start === 0 && length === graph.shapeOf(x)[axis]) return x;
  return graph.node("Slice", [x, ...[start, start + length, axis].map((bound) => graph.integers([bound]))]);
}

/** Some places of an axis, in any order: slices put together again. */
export function pick(
  step: ImportStep,
  x: ValueName,
  { axis, taken }: { readonly axis: number; readonly taken: readonly number[] },
): ValueName {
  const { graph } = step;
  const shape = graph.shapeOf(x);
  if (taken.length <= 8) {
    const parts = taken.map((start) => range(step, x, { axis, start, length: 1 }));
    return parts.length === 1 ? elementAt(parts, 0) : graph.node("Concat", parts, { axis: int(axis) });
  }
  // Gather's gradient goes along the first axis.
  const front = [axis, ...shape.flatMap((_, other) => (other === axis ? [] : [other]))];
  const turned = graph.node("Transpose", [x], { perm: ints(front) });
  const gathered = graph.node("Gather", [turned, graph.integers(taken)], { axis: int(0) });
  return graph.node("Transpose", [gathered], { perm: ints(shape.map((_, other) => front.indexOf(other))) });
}

function split(step: ImportStep): readonly ValueName[] {
  const { graph, node } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const axis = step.axis(0, shape.length);
  const parts = node.outputs.length;
  const share = Math.ceil(Number(elementAt(shape, axis)) / parts);
  const even = Array.from({ length: parts }, (_, i) => Math.min(share, Number(elementAt(shape, axis)) - i * share));
  const lengths = step.ints("split") ?? step.numbers(1) ?? even;
  return graph.manyOutputs("Split", [x, graph.integers(lengths)], { axis: int(axis) });
}

function depthToSpace(step: ImportStep): ValueName {
  const [n = "N", c = 0, h = 0, w = 0] = step.shape(0);
  const b = step.int("blocksize", 1);
  const depth = Number(c) / (b * b);
  const isColumnsFirst = step.text("mode", "DCR") === "CRD";
  const apart = isColumnsFirst ? [n, depth, b, b, h, w] : [n, b, b, depth, h, w];
  const order = isColumnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const turned = step.graph.node("Transpose", [step.reshape(step.value(0), apart)], { perm: ints(order) });
  return step.reshape(turned, [n, depth, Number(h) * b, Number(w) * b]);
}

function spaceToDepth(step: ImportStep): ValueName {
  const [n = "N", c = 0, h = 0, w = 0] = step.shape(0);
  const b = step.int("blocksize", 1);
  const [rows, columns] = [Number(h) / b, Number(w) / b];
  const apart = step.reshape(step.value(0), [n, c, rows, b, columns, b]);
  const turned = step.graph.node("Transpose", [apart], { perm: ints([0, 3, 5, 1, 2, 4]) });
  return step.reshape(turned, [n, Number(c) * b * b, rows, columns]);
}
