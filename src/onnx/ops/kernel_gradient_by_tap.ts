import { elementAt } from "../../core/element_at.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import type { KernelGradientValues } from "./kernel_gradient.ts";
import { readGroups, readLengths } from "./window_shapes.ts";
import { readWindow, type Window } from "./windowing.ts";

/**
 * dk[o, c, tap] = Σ dy[n, o, place] · x[n, c, place · stride + tap · dilation], over n and places: one slice of x and
 * one matrix product a tap. For graphics processors, which have no fast convolution with a kernel as large as a whole
 * map of features; on the processor it takes twice as long as `gradientOfKernel`.
 */
export function gradientOfKernelByTap(
  { x, dy, kernel, attributes }: KernelGradientValues,
  graph: GrowingGraph,
): ValueName {
  const groups = readGroups(attributes);
  const window = readWindow(attributes);
  const places = readLengths(graph.shapeOf(dy));
  const [outputs = 0, channels = 0] = graph.shapeOf(kernel).map(Number);
  const rank = places.length;
  const rows = padPlaces(putChannelsLast(x, groups, graph), window, graph);
  const left = flattenPlaces(dy, groups, graph);
  const grouped = groups === 1 ? [] : [groups];
  const products = listTaps(window.kernel).map((tap) => {
    const met = takeTap(rows, { tap, window, places }, graph);
    const right = graph.manyOutputs("Reshape", [met, graph.integers([...grouped, -1, channels])]);
    return graph.node("MatMul", [left, elementAt(right, 0)]);
  });
  const joined = products.length === 1 ? elementAt(products, 0) : graph.node("Concat", products, { axis: int(-1) });
  const sums = graph.node("Reshape", [joined, graph.integers([outputs, ...window.kernel, channels])]);
  return graph.node("Transpose", [sums], {
    perm: ints([0, rank + 1, ...Array.from({ length: rank }, (_, axis) => axis + 1)]),
  });
}

/** [N, groups · C, …] to [N, …, C], or [groups, N, …, C] where there are several groups. */
function putChannelsLast(x: ValueName, groups: number, graph: GrowingGraph): ValueName {
  const lengths = readLengths(graph.shapeOf(x));
  const axes = lengths.map((_, axis) => axis);
  if (groups === 1) return graph.node("Transpose", [x], { perm: ints([0, ...axes.map((axis) => axis + 2), 1]) });
  const channels = Number(graph.shapeOf(x)[1]) / groups;
  const split = graph.node("Reshape", [x, graph.integers([-1, groups, channels, ...lengths])]);
  return graph.node("Transpose", [split], { perm: ints([1, 0, ...axes.map((axis) => axis + 3), 2]) });
}

/** [N, O, …places] to [O, N · places], or [groups, O/groups, N · places]. */
function flattenPlaces(dy: ValueName, groups: number, graph: GrowingGraph): ValueName {
  const shape = graph.shapeOf(dy);
  const swapped = graph.node("Transpose", [dy], { perm: ints([1, 0, ...shape.slice(2).map((_, axis) => axis + 2)]) });
  const outputs = Number(shape[1]);
  const lengths = groups === 1 ? [outputs, -1] : [groups, outputs / groups, -1];
  return graph.node("Reshape", [swapped, graph.integers(lengths)]);
}

/** Zeros around the spatial axes, which stand before the last axis. Added as it is: no transpose moves behind it. */
function padPlaces(x: ValueName, { padsBefore, padsBehind }: Window, graph: GrowingGraph): ValueName {
  if ([...padsBefore, ...padsBehind].every((pad) => pad === 0)) return x;
  const front = new Array<number>(graph.shapeOf(x).length - padsBefore.length - 1).fill(0);
  const pads = graph.integers([...front, ...padsBefore, 0, ...front, ...padsBehind, 0]);
  return elementAt(graph.manyOutputs("Pad", [x, pads]), 0);
}

/** The values that one tap meets, one a place. Added as it is, for the same reason. */
function takeTap(
  x: ValueName,
  { tap, window, places }: { tap: readonly number[]; window: Window; places: readonly number[] },
  graph: GrowingGraph,
): ValueName {
  const shape = graph.shapeOf(x);
  const first = shape.length - places.length - 1;
  const starts = tap.map((index, axis) => index * elementAt(window.dilations, axis));
  const ends = starts.map((start, axis) => {
    return start + (elementAt(places, axis) - 1) * elementAt(window.strides, axis) + 1;
  });
  const isWhole = starts.every((start, axis) => start === 0 && ends[axis] === shape[first + axis]);
  if (isWhole && window.strides.every((stride) => stride === 1)) return x;
  const axes = places.map((_, axis) => first + axis);
  const bounds = [starts, ends, axes, window.strides].map((values) => graph.integers(values));
  return elementAt(graph.manyOutputs("Slice", [x, ...bounds]), 0);
}

/** The places of a kernel's taps, row-major. */
function listTaps(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, length) => taps.flatMap((tap) => Array.from({ length }, (_, index) => [...tap, index])),
    [[]],
  );
}
