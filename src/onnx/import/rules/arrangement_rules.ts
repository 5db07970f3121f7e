import { elementAt } from "../../../core/element_at.ts";
import type { Dimension } from "../../file/onnx_model.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { broadcastShapes, multiplyDimensions, resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { listSlice } from "../static/static_shapes.ts";
import { pick } from "./pick.ts";

/** Operators that move values without changing them. */
export const arrangementRules: ImportRules = {
  Concat: (step) => step.graph.node("Concat", step.values(), { axis: int(step.axis(0, step.shape(0).length)) }),
  // A shape that is all numbers is worked out before; this one depends on the number of rows.
  ConstantOfShape: (step) => repeatTo(step, step.graph.constant(step.float("value", 0)), step.lengths(0)),
  DepthToSpace: depthToSpace,
  Expand: (step) => repeatTo(step, step.value(0), step.lengths(1)),
  Flatten: (step) => {
    const shape = step.shape(0);
    const given = step.int("axis", 1);
    const axis = given < 0 ? given + shape.length : given;
    const sides = [shape.slice(0, axis), shape.slice(axis)];
    return step.reshape(step.value(0), sides.map(multiplyDimensions));
  },
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
    // Not a product: what is left out may be infinite.
    const kept = graph.node("Greater", [graph.constant(mask, [rows, columns]), graph.constant(0.5)]);
    return graph.node("Where", [kept, x, graph.constant(0)]);
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

/** Repeats to lengths: to numbers as they are; to the number of rows by adding zeros of that many rows. */
function repeatTo(step: ImportStep, x: ValueName, wanted: readonly Dimension[]): ValueName {
  const { graph } = step;
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
    x = pick(step, x, { axis, taken });
  }
  return x;
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
