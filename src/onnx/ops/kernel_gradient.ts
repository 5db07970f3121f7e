import { elementAt } from "../../core/element_at.ts";
import { type Attributes, int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { sumOver } from "./backward_step.ts";
import { createGroupAttribute, readGroups, readLengths } from "./window_shapes.ts";
import { createWindowAttributes, measureExtent, readWindow, type Window } from "./windowing.ts";

/** A convolution's input, the gradient of its output, and its kernel, for its shape. */
export interface KernelGradientValues {
  /** [N, C, …lengths] */
  readonly x: ValueName;
  /** [N, O, …places] */
  readonly dy: ValueName;
  /** [O, C/groups, …taps] */
  readonly kernel: ValueName;
  /** The convolution's own. */
  readonly attributes: Attributes;
}

/**
 * dk[o, c, tap] = Σ dy[n, o, place] · x[n, c, place · stride + tap · dilation], over n and places: itself a
 * convolution, whose channels are the rows n, whose kernel is dy, whose dilation is the stride, and whose places are
 * the taps.
 *
 * Done plainly, with the channels c for its batch, it has as few places as there are taps, and took 132 ms for 3×3, 32
 * to 64 channels, [64, 28, 28] places. Here the channels lie side by side along the last axis, and so do the places: a
 * dilation of C steps over them. One convolution with 9 · 32 places runs as fast as a large matrix product: 24 ms. Nine
 * shifted slices and nine products took 40 to 56.
 *
 * A window of one tap that goes everywhere makes it a product of matrices. One of a channel a group has nothing that
 * could lie side by side; `blockChannels` has a better way for those.
 */
export function gradientOfKernel({ x, dy, kernel, attributes }: KernelGradientValues, graph: GrowingGraph): ValueName {
  const groups = readGroups(attributes);
  const window = readWindow(attributes);
  if (groups === 1 && isProduct(window)) return multiplyPlaces({ x, dy, kernel }, graph);
  const lengths = readLengths(graph.shapeOf(x));
  const places = readLengths(graph.shapeOf(dy));
  const channels = Number(graph.shapeOf(kernel)[1]);
  const swapped = swapBatchAndChannels(dy, graph);
  const mirrored = mirrorWindow(window, { lengths, places, channels });
  const taps = graph.node("Conv", [interleaveChannels(x, groups, graph), swapped], {
    ...createWindowAttributes(mirrored.window),
    ...createGroupAttribute(groups),
  });
  const sums = graph.node("Reshape", [taps, graph.integers([-1, ...mirrored.counts, channels])]);
  const kept = keepTaps(sums, window, graph);
  const rank = window.kernel.length;
  return graph.node("Transpose", [kept], { perm: ints([0, rank + 1, ...window.kernel.map((_, axis) => axis + 1)]) });
}

/** [N, C, …] to [C, N, …]. */
export function swapBatchAndChannels(x: ValueName, graph: GrowingGraph): ValueName {
  const order = graph.shapeOf(x).map((_, axis) => (axis < 2 ? 1 - axis : axis));
  return graph.node("Transpose", [x], { perm: ints(order) });
}

/** One tap, at every place. */
function isProduct({ kernel, strides, padsBefore, padsBehind }: Window): boolean {
  return [...kernel, ...strides].every((length) => length === 1) && [...padsBefore, ...padsBehind].every((pad) => !pad);
}

/**
 * dk = Σ dYₙ · Xₙᵀ over the rows n, with dYₙ [O, places] and Xₙ [C, places]; or one product, for which rows have to be
 * moved, where the sum would move more. The longer side comes first: 96 and 16 channels on [8, 112, 112] took 7 ms, and
 * 17 the other way around.
 */
function multiplyPlaces({ x, dy, kernel }: Omit<KernelGradientValues, "attributes">, graph: GrowingGraph): ValueName {
  const [outputs = 1, inputs = 1] = graph.shapeOf(kernel).map(Number);
  const places = readLengths(graph.shapeOf(x)).reduce((product, length) => product * length, 1);
  const [a, b] = outputs >= inputs ? [dy, x] : [x, dy];
  const multiply = places * (outputs + inputs) < outputs * inputs ? multiplyAtOnce : addProducts;
  const product = multiply(a, b, graph);
  const turned = outputs >= inputs ? product : graph.node("Transpose", [product], { perm: ints([1, 0]) });
  return graph.node("Reshape", [turned, graph.integers(graph.shapeOf(kernel).map(Number))]);
}

/** Of [N, A, …] and [N, B, …] the sum of the products of every row's matrices [A, places] and [places, B]. */
function addProducts(a: ValueName, b: ValueName, graph: GrowingGraph): ValueName {
  const [left, right] = [a, b].map((value) => {
    const channels = Number(graph.shapeOf(value)[1]);
    const places = readLengths(graph.shapeOf(value)).reduce((product, length) => product * length, 1);
    return graph.node("Reshape", [value, graph.integers([-1, channels, places])]);
  });
  const turned = graph.node("Transpose", [right ?? ""], { perm: ints([0, 2, 1]) });
  return sumOver(graph.node("MatMul", [left ?? "", turned]), [0], { keepDimensions: false }, graph);
}

/** The same as the product of [A, N · places] and [N · places, B]. */
function multiplyAtOnce(a: ValueName, b: ValueName, graph: GrowingGraph): ValueName {
  const [rows, columns] = [a, b].map((value) => {
    const channels = Number(graph.shapeOf(value)[1]);
    return graph.node("Reshape", [swapBatchAndChannels(value, graph), graph.integers([channels, -1])]);
  });
  return graph.node("Gemm", [rows ?? "", columns ?? ""], { transB: int(1) });
}

/** [N, groups · C, …, W] to [1, groups · N, …, W · C]. */
function interleaveChannels(x: ValueName, groups: number, graph: GrowingGraph): ValueName {
  const lengths = readLengths(graph.shapeOf(x));
  const channels = Number(graph.shapeOf(x)[1]) / groups;
  if (channels === 1)
    return graph.node("Reshape", [swapBatchAndChannels(x, graph), graph.integers([1, -1, ...lengths])]);
  const rank = lengths.length;
  const spatial = lengths.map((_, axis) => axis);
  const last =
    groups === 1
      ? graph.node("Transpose", [x], { perm: ints([0, ...spatial.map((axis) => axis + 2), 1]) })
      : graph.node("Transpose", [graph.node("Reshape", [x, graph.integers([-1, groups, channels, ...lengths])])], {
          perm: ints([1, 0, ...spatial.map((axis) => axis + 3), 2]),
        });
  const width = elementAt(lengths, rank - 1);
  return graph.node("Reshape", [last, graph.integers([1, -1, ...lengths.slice(0, -1), width * channels])]);
}

/** The window of the convolution that gives the taps, and how many taps that computes along each axis. */
function mirrorWindow(
  window: Window,
  { lengths, places, channels }: { lengths: readonly number[]; places: readonly number[]; channels: number },
): { window: Window; counts: number[] } {
  const last = lengths.length - 1;
  const widen = (values: readonly number[]) => values.with(last, elementAt(values, last) * channels);
  // What the strides have left over at the end of an axis would only make taps that there are not.
  const padsBehind = window.padsBehind.map((pad, axis) => Math.max(pad - countUnused(axis, pad), 0));
  const counts = lengths.map((length, axis) => {
    const spare = length + elementAt(window.padsBefore, axis) + elementAt(padsBehind, axis) - reach(axis);
    return axis === last ? spare + 1 : Math.floor(spare / elementAt(window.dilations, axis)) + 1;
  });
  return {
    window: {
      kernel: places,
      strides: window.dilations.with(last, 1),
      dilations: widen(window.strides),
      padsBefore: widen(window.padsBefore),
      padsBehind: widen(padsBehind),
    },
    counts,
  };

  /** From the first place to the last one, plus one. */
  function reach(axis: number): number {
    return (elementAt(places, axis) - 1) * elementAt(window.strides, axis) + 1;
  }

  function countUnused(axis: number, pad: number): number {
    const padded = elementAt(lengths, axis) + elementAt(window.padsBefore, axis) + pad;
    return padded - reach(axis) - measureExtent(window, axis) + 1;
  }
}

/** [O, …counts, C] cut to [O, …taps, C]; along the last axis only every dilation-th is a tap. */
function keepTaps(sums: ValueName, { kernel, dilations }: Window, graph: GrowingGraph): ValueName {
  const last = kernel.length - 1;
  const dilation = elementAt(dilations, last);
  const channels = Number(graph.shapeOf(sums).at(-1));
  const cut = kernel.reduce((x, taps, axis) => {
    return slice(x, { axis: axis + 1, end: axis === last ? (taps - 1) * dilation + 1 : taps }, graph);
  }, sums);
  if (dilation === 1) return cut;
  const behind = graph.shapeOf(cut).map((_, axis) => (axis === last + 1 ? dilation - 1 : 0));
  const pads = graph.integers([...behind.map(() => 0), ...behind]);
  const padded = graph.node("Pad", [cut, pads]);
  const split = graph.node("Reshape", [padded, graph.integers([-1, ...kernel, dilation, channels])]);
  const first = slice(split, { axis: last + 2, end: 1 }, graph);
  return graph.node("Reshape", [first, graph.integers([-1, ...kernel, channels])]);
}

function slice(x: ValueName, { axis, end }: { axis: number; end: number }, graph: GrowingGraph): ValueName {
  if (graph.shapeOf(x)[axis] === end) return x;
  return graph.node("Slice", [x, graph.integers([0]), graph.integers([end]), graph.integers([axis])]);
}
