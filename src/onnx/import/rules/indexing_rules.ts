import { elementAt } from "../../../core/element_at.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { readRows } from "../static/row_indices.ts";
import { isGreater, toIndices } from "./logic_rules.ts";
import { pick } from "./pick.ts";

/** Reading at indices that are known, or at ids that are computed. */
export const indexingRules: ImportRules = {
  ArgMax: (step) => findLargest(step, step.value(0)),
  ArgMin: (step) => findLargest(step, step.graph.node("Neg", [step.value(0)])),
  Gather: gather,
  GatherElements: (step) => {
    const axis = step.axis(0, step.shape(0).length);
    return step.graph.node("GatherElements", [step.value(0), readIndices(step, 1)], { axis: int(axis) });
  },
  GatherND: gatherPlaces,
  OneHot: oneHot,
};

/** The place of the largest value along an axis, as a float; the first of equal ones. */
function findLargest(step: ImportStep, x: ValueName): ValueName {
  const { graph } = step;
  if (step.int("select_last_index", 0) === 1) throw step.refuse("select_last_index has no rule");
  const axis = step.axis(0, graph.shapeOf(x).length);
  const place = graph.node("ArgMax", [x], { axis: int(axis), keepdims: int(step.int("keepdims", 1)) });
  return graph.node("Cast", [place], { to: int(FLOAT) });
}

/** ONNX's number for float32. */
const FLOAT = 1;

/** Indices as int64, known or computed. */
export function readIndices(step: ImportStep, place: number): ValueName {
  const { graph } = step;
  const known = step.static(place);
  if (!known) return toIndices(step.value(place), graph);
  return graph.node("Reshape", [graph.integers(step.numbers(place) ?? []), graph.integers(known.shape)]);
}

function gather(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const rows = step.rows(1);
  if (rows && step.int("axis", 0) === 0) return readRows(step, x, rows);
  const indices = step.static(1);
  const shape = graph.shapeOf(x);
  const axis = resolveAxis(step.int("axis", 0), shape.length);
  if (!indices) return gatherComputed(step, x, axis);
  const length = Number(elementAt(shape, axis));
  const taken = indices.values.map(Number).map((index) => (index < 0 ? index + length : index));
  const picked = pick(step, x, { axis, taken });
  const lengths = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
  return step.reshape(picked, lengths);
}

/** Gather's gradient goes along the first axis: the axis is brought there, and what was read back to its place. */
function gatherComputed(step: ImportStep, x: ValueName, axis: number): ValueName {
  const { graph } = step;
  const ids = toIndices(step.value(1), graph);
  if (axis === 0) return graph.node("Gather", [x, ids], { axis: int(0) });
  const rank = graph.shapeOf(x).length;
  const depth = graph.shapeOf(ids).length;
  const front = [axis, ...Array.from({ length: rank }, (_, i) => i).filter((other) => other !== axis)];
  const turned = graph.node("Transpose", [x], { perm: ints(front) });
  const gathered = graph.node("Gather", [turned, ids], { axis: int(0) });
  // [...ids, ...before, ...behind] to [...before, ...ids, ...behind]
  const order = Array.from({ length: depth + rank - 1 }, (_, i) => i);
  const [ofIds, before, behind] = [order.slice(0, depth), order.slice(depth, depth + axis), order.slice(depth + axis)];
  return graph.node("Transpose", [gathered], { perm: ints([...before, ...ofIds, ...behind]) });
}

/** Places [.., q] name the first q axes, or those behind the batch: as one axis, they are read by one index. */
function gatherPlaces(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const batch = step.int("batch_dims", 0);
  const places = step.shape(1);
  const depth = Number(elementAt(places, places.length - 1));
  const named = shape.slice(batch, batch + depth);
  if (batch > 1 || named.some((length) => typeof length !== "number")) {
    throw step.refuse("places within the rows (batch_dims=1), or of what does not depend on them, have a rule");
  }
  const rest = shape.slice(batch + depth);
  const at = ravelPlaces(step, named.map(Number));
  const size = countElements(named.map(Number));
  if (batch === 0) {
    const rows = step.reshape(x, [size, ...rest]);
    return graph.node("Gather", [rows, toIndices(at, graph)], { axis: int(0) });
  }
  const [rows, ...others] = places.slice(0, -1);
  const count = countElements(others.map(Number));
  const block = countElements(rest.map(Number));
  const flat = step.reshape(x, [elementAt(shape, 0), size, block]);
  const column = step.reshape(at, [rows ?? "N", count, 1]);
  const repeated = graph.node("Mul", [column, graph.constant(new Array<number>(block).fill(1))]);
  const read = graph.node("GatherElements", [flat, toIndices(repeated, graph)], { axis: int(1) });
  return step.reshape(read, [rows ?? "N", ...others, ...rest]);
}

/** Places [.., q] of axes of these lengths as one number each [..], as floats. */
export function ravelPlaces(step: ImportStep, lengths: readonly number[]): ValueName {
  const { graph } = step;
  const places = step.value(1);
  const strides = lengths.map((_, i) => countElements(lengths.slice(i + 1)));
  const isBelow = isGreater([graph.constant(0), places], graph);
  const wrapped = graph.node("Add", [places, graph.node("Mul", [isBelow, graph.constant(lengths)])]);
  const axis = graph.integers([graph.shapeOf(places).length - 1]);
  return graph.node("ReduceSum", [graph.node("Mul", [wrapped, graph.constant(strides)]), axis], { keepdims: int(0) });
}

/** Where an id is the number of the place along a new axis, the second value, else the first. */
function oneHot(step: ImportStep): ValueName {
  const { graph } = step;
  const ids = step.value(0);
  const shape = graph.shapeOf(ids);
  const [depth = 0] = step.numbers(1) ?? [];
  const [off = 0, on = 1] = step.numbers(2) ?? [];
  const axis = step.axis(-1, shape.length + 1);
  const isBelow = isGreater([graph.constant(0), ids], graph);
  const wrapped = graph.node("Add", [ids, graph.node("Mul", [isBelow, graph.constant(depth)])]);
  const column = step.reshape(wrapped, shape.toSpliced(axis, 0, 1));
  const numbers = graph.constant(
    Array.from({ length: depth }, (_, i) => i),
    [depth, ...shape.slice(axis).map(() => 1)],
  );
  const distance = graph.node("Abs", [graph.node("Sub", [column, numbers])]);
  const isOther = isGreater([distance, graph.constant(0.5)], graph);
  const lowered = graph.node("Mul", [isOther, graph.constant(off - on)]);
  return graph.node("Add", [lowered, graph.constant(on)]);
}
