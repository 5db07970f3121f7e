import { elementAt } from "../../../core/element_at.ts";
import { countElements } from "../../../core/host_tensor.ts";
import type { Dimension } from "../../file/onnx_model.ts";
import { resolveAxis } from "../../shape.ts";
import type { StaticTensor } from "../onnx_source.ts";
import { type BinaryOperator, combine } from "./static_arithmetic.ts";
import type { StaticOperator } from "./static_operators.ts";
import { broadcastStatic, fillStatic, numbersOf, sliceStatic, valueAtPosition } from "./static_shapes.ts";

/** A node whose inputs are known, with its attributes where they matter. */
export interface StaticNode {
  readonly op: StaticOperator;
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (StaticTensor | undefined)[];
  readonly int: (name: string, fallback: number) => number;
  readonly ints: (name: string) => readonly number[] | undefined;
  readonly float: (name: string, fallback: number) => number;
}

/**
 * What a node gives, where that is known before anything is run: shape arithmetic, masks and indices. Lengths that
 * depend on the number of rows stay multiples of it.
 * @returns Undefined where it cannot be worked out so.
 * @throws {RangeError} If the result is no number and no multiple of the number of rows.
 */
export function foldStatic(node: StaticNode): StaticTensor | undefined {
  const [a, b, c] = node.inputs;
  if (!a) return undefined;
  const elementwise = (change: (value: number) => number): StaticTensor => ({
    ...a,
    values: numbersOf(a).map(change),
  });
  switch (node.op) {
    case "Add":
    case "And":
    case "Div":
    case "Equal":
    case "Greater":
    case "GreaterOrEqual":
    case "Less":
    case "LessOrEqual":
    case "Max":
    case "Min":
    case "Mod":
    case "Mul":
    case "Or":
    case "Pow":
    case "Sub":
      return node.inputs.slice(1).reduce<StaticTensor | undefined>((left, right) => foldPair(node.op, left, right), a);
    case "Abs":
      return elementwise(Math.abs);
    case "Ceil":
      return elementwise(Math.ceil);
    case "Cos":
      return elementwise(Math.cos);
    case "Exp":
      return elementwise(Math.exp);
    case "Floor":
      return elementwise(Math.floor);
    case "Log":
      return elementwise(Math.log);
    case "Neg":
      return elementwise((value) => -value);
    case "Not":
      return elementwise((value) => (value === 0 ? 1 : 0));
    case "Reciprocal":
      return elementwise((value) => 1 / value);
    case "Round":
      return elementwise(roundToEven);
    case "Sign":
      return elementwise(Math.sign);
    case "Sin":
      return elementwise(Math.sin);
    case "Sqrt":
      return elementwise(Math.sqrt);
    case "Cast":
      return castStatic(a, node.int("to", 1));
    case "Shape":
      return {
        isFloat: false,
        shape: [a.shape.length],
        values: a.shape.slice(node.int("start", 0), node.int("end", 99)),
      };
    case "Size":
      return { isFloat: false, shape: [], values: [a.values.length] };
    case "ConstantOfShape": {
      if (!isKnown(a)) return undefined;
      const shape = numbersOf(a);
      const value = node.float("value", 0);
      return {
        isFloat: node.int("is_float", 1) === 1,
        shape,
        values: new Array<number>(countElements(shape)).fill(value),
      };
    }
    case "Range":
      return b && c && rangeStatic(a, b, c);
    case "Where":
      return b && c && whereStatic(a, b, c);
    case "Concat":
      return concatStatic(
        node.inputs.flatMap((input) => input ?? []),
        node.int("axis", 0),
      );
    case "Gather":
      return b && gatherStatic(a, b, node.int("axis", 0));
    case "Slice": {
      const [starts, ends, axes, steps] = [b, c, node.inputs[3], node.inputs[4]].map(
        (input) => input && numbersOf(input),
      );
      if (!starts || !ends) return undefined;
      return sliceStatic(a, { starts, ends, axes: axes ?? starts.map((_, i) => i), steps: steps ?? [] });
    }
    case "Reshape":
      return b && { ...a, shape: resolveLengths(a, numbersOf(b)) };
    case "Flatten":
    case "Squeeze":
    case "Unsqueeze":
      return { ...a, shape: restack(node.op, a.shape, b ? numbersOf(b) : node.ints("axes")) };
    case "Expand":
      if (!b || !isKnown(b)) return undefined;
      return fillStatic(broadcastStatic(a, { ...a, shape: numbersOf(b), values: [] }), a.isFloat, (at) =>
        valueAtPosition(a, at),
      );
    case "Tile":
      return b && tileStatic(a, numbersOf(b));
    case "Transpose":
      return transposeStatic(a, node.ints("perm") ?? a.shape.map((_, i) => a.shape.length - 1 - i));
    case "Trilu":
      return triluStatic(a, { upper: node.int("upper", 1) === 1, diagonal: b ? Number(b.values[0]) : 0 });
    case "ReduceProd":
    case "ReduceSum":
    case "ReduceMax":
    case "ReduceMin":
      return a.shape.length === 1 ? reduceStatic(node.op, a, node.int("keepdims", 1)) : undefined;
    case "ScatterND":
      return b && c && scatterStatic(a, b, c);
    case "Identity":
      return a;
  }
}

/** A shape that depends on the number of rows is one of a value of the graph. */
function isKnown({ values }: StaticTensor): boolean {
  return values.every((length) => typeof length === "number");
}

function foldPair(op: string, a: StaticTensor | undefined, b: StaticTensor | undefined): StaticTensor | undefined {
  if (!a || !b) return undefined;
  const isFloat = a.isFloat || b.isFloat;
  const isTruth = ["And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Or"].includes(op);
  return fillStatic(broadcastStatic(a, b), isFloat && !isTruth, (position) =>
    combine(op as BinaryOperator, valueAtPosition(a, position), valueAtPosition(b, position), isFloat),
  );
}

/** To the nearest whole number, halves to the even one. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** ONNX's numbers for types of floats. */
const FLOAT_TYPES = [1, 10, 11];

function castStatic(a: StaticTensor, to: number): StaticTensor {
  if (FLOAT_TYPES.includes(to)) return { ...a, isFloat: true };
  const toTruth = to === 9;
  const values = a.values.map((value) => {
    if (typeof value !== "number") return value;
    return toTruth ? Number(value !== 0) : Math.trunc(value);
  });
  return { ...a, isFloat: false, values };
}

function rangeStatic(start: StaticTensor, limit: StaticTensor, delta: StaticTensor): StaticTensor {
  const [from = 0, to = 0, step = 1] = [start, limit, delta].map((tensor) => elementAt(numbersOf(tensor), 0));
  const length = Math.max(0, Math.ceil((to - from) / step));
  return { isFloat: start.isFloat, shape: [length], values: Array.from({ length }, (_, i) => from + i * step) };
}

function whereStatic(condition: StaticTensor, a: StaticTensor, b: StaticTensor): StaticTensor {
  return fillStatic(broadcastStatic(condition, a, b), a.isFloat, (position) =>
    valueAtPosition(valueAtPosition(condition, position) === 0 ? b : a, position),
  );
}

function concatStatic(parts: readonly StaticTensor[], given: number): StaticTensor {
  const first = elementAt(parts, 0);
  const axis = resolveAxis(given, first.shape.length);
  const owners = parts.flatMap((part) =>
    Array.from({ length: elementAt(part.shape, axis) }, (_, at) => ({ part, at })),
  );
  return fillStatic(first.shape.with(axis, owners.length), first.isFloat, (position) => {
    const { part, at } = elementAt(owners, elementAt(position, axis));
    return valueAtPosition({ ...part }, position.with(axis, at));
  });
}

function gatherStatic(x: StaticTensor, indices: StaticTensor, given: number): StaticTensor {
  const axis = resolveAxis(given, x.shape.length);
  const length = elementAt(x.shape, axis);
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return fillStatic(shape, x.isFloat, (position) => {
    const index = Number(valueAtPosition(indices, position.slice(axis, axis + rank)));
    return valueAtPosition(x, [
      ...position.slice(0, axis),
      index < 0 ? index + length : index,
      ...position.slice(axis + rank),
    ]);
  });
}

function resolveLengths({ shape, values }: StaticTensor, wanted: readonly number[]): number[] {
  const kept = wanted.map((length, i) => (length === 0 ? elementAt(shape, i) : length));
  const known = kept.filter((length) => length !== -1).reduce((product, length) => product * length, 1);
  return kept.map((length) => (length === -1 ? values.length / known : length));
}

function restack(
  op: "Flatten" | "Squeeze" | "Unsqueeze",
  shape: readonly number[],
  axes: readonly number[] | undefined,
): number[] {
  switch (op) {
    case "Flatten":
      return [elementAt(shape, 0), countElements(shape.slice(1))];
    case "Squeeze": {
      const dropped =
        axes?.map((axis) => resolveAxis(axis, shape.length)) ?? shape.flatMap((length, i) => (length === 1 ? [i] : []));
      return shape.filter((_, i) => !dropped.includes(i));
    }
    case "Unsqueeze": {
      const rank = shape.length + (axes?.length ?? 0);
      const added = axes?.map((axis) => resolveAxis(axis, rank)) ?? [];
      const rest = [...shape];
      return Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : (rest.shift() ?? 1)));
    }
  }
}

function tileStatic(a: StaticTensor, repeats: readonly number[]): StaticTensor {
  const shape = a.shape.map((length, i) => length * elementAt(repeats, i));
  return fillStatic(shape, a.isFloat, (position) =>
    valueAtPosition(
      a,
      position.map((at, i) => at % elementAt(a.shape, i)),
    ),
  );
}

function transposeStatic(a: StaticTensor, order: readonly number[]): StaticTensor {
  const shape = order.map((axis) => elementAt(a.shape, axis));
  return fillStatic(shape, a.isFloat, (position) =>
    valueAtPosition(
      a,
      order.map((_, axis) => elementAt(position, order.indexOf(axis))),
    ),
  );
}

function triluStatic(
  a: StaticTensor,
  { upper, diagonal }: { readonly upper: boolean; readonly diagonal: number },
): StaticTensor {
  return fillStatic(a.shape, a.isFloat, (position) => {
    const offset = Number(position.at(-1)) - Number(position.at(-2)) - diagonal;
    return (upper ? offset >= 0 : offset <= 0) ? valueAtPosition(a, position) : 0;
  });
}

const REDUCTIONS = { ReduceProd: "Mul", ReduceSum: "Add", ReduceMax: "Max", ReduceMin: "Min" } as const;

function reduceStatic(op: keyof typeof REDUCTIONS, a: StaticTensor, keepDimensions: number): StaticTensor {
  const [first = 0, ...others] = a.values;
  const value = others.reduce<Dimension>((sum, next) => combine(REDUCTIONS[op], sum, next, a.isFloat), first);
  return { isFloat: a.isFloat, shape: keepDimensions === 1 ? [1] : [], values: [value] };
}

function scatterStatic(data: StaticTensor, indices: StaticTensor, updates: StaticTensor): StaticTensor {
  const values = [...data.values];
  const depth = elementAt(indices.shape, indices.shape.length - 1);
  const block = countElements(data.shape.slice(depth));
  const rows = numbersOf(indices);
  for (let row = 0; row * depth < rows.length; row++) {
    let at = 0;
    for (let axis = 0; axis < depth; axis++) {
      const length = elementAt(data.shape, axis);
      const index = elementAt(rows, row * depth + axis);
      at = at * length + (index < 0 ? index + length : index);
    }
    for (let i = 0; i < block; i++) values[at * block + i] = elementAt(updates.values, row * block + i);
  }
  return { ...data, values };
}
