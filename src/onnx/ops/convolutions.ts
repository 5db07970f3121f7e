import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { Attributes, Shape } from "../file/onnx_model.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { type BackwardStep, inputOf, sumOver } from "./backward_step.ts";
import { gradientOfKernel, type KernelGradientValues, swapBatchAndChannels } from "./kernel_gradient.ts";
import { gradientOfKernelByTap } from "./kernel_gradient_by_tap.ts";
import { float32, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";
import {
  convShape,
  convTransposeShape,
  createGroupAttribute,
  createOutputPadding,
  poolShape,
  readGroups,
  readLengths,
} from "./window_shapes.ts";
import { countPlaces, createWindowAttributes, measureExtent, readWindow, type Window } from "./windowing.ts";

/** Convolutions and average pooling, whose gradient is a convolution. */
export const convolutionOperators = {
  /**
   * y = mean of the window's values, those of the padding left out: dx spreads dy / count over the window, which is dy
   * convolved backwards with ones, channel by channel.
   */
  AveragePool: {
    infer: (node) => [float32(poolShape(shapeAt(node, 0), node.attributes))],
    gradient(step) {
      const { node, graph, dy } = step;
      const x = inputOf(step, 0);
      const channels = Number(graph.shapeOf(x)[1]);
      const { kernel } = readWindow(node.attributes);
      const taps = countElements(kernel);
      const ones = graph.constant(new Array<number>(channels * taps).fill(1), [channels, 1, ...kernel]);
      const shares = countTaps(graph.shapeOf(x).slice(2).map(Number), node.attributes).map((count) => 1 / count);
      const share = graph.constant(shares, [1, 1, ...readLengths(graph.shapeOf(dy))]);
      const shared = graph.node("Mul", [dy, share]);
      const attributes = { ...createWindowAttributes(readWindow(node.attributes)), ...createGroupAttribute(channels) };
      return [convolveBackwards({ ...step, node: { ...node, attributes } }, { dy: shared, kernel: ones, like: x })];
    },
  },
  /** y = x ⋆ k + b: dx = dy convolved backwards with the same k, dk: see gradientOfKernel, db = Σ dy. */
  Conv: {
    infer: (node) => [float32(convShape(shapeAt(node, 0), shapeAt(node, 1), node.attributes))],
    gradient(step) {
      const { node, graph, dy } = step;
      const [x, kernel] = [inputOf(step, 0), inputOf(step, 1)];
      return [
        step.isNeeded(0) ? convolveBackwards(step, { dy, kernel, like: x }) : undefined,
        step.isNeeded(1) ? differentiateKernel({ x, dy, kernel, attributes: node.attributes }, graph) : undefined,
        step.isNeeded(2) ? sumRows(dy, graph) : undefined,
      ];
    },
  },
  /**
   * y = x convolved backwards with k, + b: dx = dy ⋆ k, dk is the one of that convolution with x for its dy, db = Σ dy.
   */
  ConvTranspose: {
    infer: (node) => [float32(convTransposeShape(shapeAt(node, 0), shapeAt(node, 1), node.attributes))],
    gradient(step) {
      const { node, graph, dy } = step;
      const [x, kernel] = [inputOf(step, 0), inputOf(step, 1)];
      const { output_padding, ...attributes } = node.attributes;
      return [
        step.isNeeded(0) ? graph.node("Conv", [dy, kernel], attributes) : undefined,
        step.isNeeded(1) ? differentiateKernel({ x: dy, dy: x, kernel, attributes }, graph) : undefined,
        step.isNeeded(2) ? sumRows(dy, graph) : undefined,
      ];
    },
  },
} satisfies OperatorFamily;

/** dk, in the way that the graph wants. */
function differentiateKernel(values: KernelGradientValues, graph: GrowingGraph): ValueName {
  switch (graph.kernelGradient) {
    case "convolution":
      return gradientOfKernel(values, graph);
    case "products":
      return gradientOfKernelByTap(values, graph);
  }
}

/**
 * To the shape of the value `like`, which the window need not have used up: ConvTranspose-11, or a plain convolution.
 */
function convolveBackwards(
  { node, graph }: BackwardStep,
  values: { dy: ValueName; kernel: ValueName; like: ValueName },
): ValueName {
  const { dy, kernel, like } = values;
  const window = readWindow(node.attributes);
  const groups = readGroups(node.attributes);
  if (groups === 1 && isBestTurnedAround(window, graph.shapeOf(kernel))) return convolveTurned(window, values, graph);
  const unused = readLengths(graph.shapeOf(like)).map((length, axis) => {
    const used = elementAt(window.strides, axis) * (countPlaces(window, axis, length) - 1);
    const pads = elementAt(window.padsBefore, axis) + elementAt(window.padsBehind, axis);
    return length + pads - used - measureExtent(window, axis);
  });
  const attributes = {
    ...createWindowAttributes(window),
    ...createGroupAttribute(groups),
    ...createOutputPadding(unused),
  };
  return graph.node("ConvTranspose", [dy, kernel], attributes);
}

/**
 * Without strides, going backwards is a convolution with the kernel turned around. That is faster where it makes no
 * more places than dy has and no more channels: for 3×3, 160 channels on [64, 4, 4] 6.7 ms in place of 9.3, for 20 on
 * [64, 32, 32] 8.7 in place of 10.8; slower otherwise: unpadded, 64 on [64, 13, 13], 14 in place of 10.5.
 */
function isBestTurnedAround(window: Window, [outputs, inputs]: Shape): boolean {
  const isPlain = window.strides.every((stride) => stride === 1) && Number(inputs) >= Number(outputs);
  const keepsLength = window.kernel.every((_, axis) => {
    const [before = 0, behind = 0] = [window.padsBefore[axis], window.padsBehind[axis]];
    const spare = measureExtent(window, axis) - 1;
    return before + behind >= spare && Math.max(before, behind) <= spare;
  });
  return isPlain && keepsLength;
}

function convolveTurned(
  window: Window,
  { dy, kernel }: { dy: ValueName; kernel: ValueName },
  graph: GrowingGraph,
): ValueName {
  const rest = (pads: readonly number[]) => pads.map((pad, axis) => measureExtent(window, axis) - 1 - pad);
  const turned = { ...window, padsBefore: rest(window.padsBefore), padsBehind: rest(window.padsBehind) };
  return graph.node("Conv", [dy, turnKernel(kernel, graph)], createWindowAttributes(turned));
}

/**
 * [O, C, …taps] to [C, O, …taps], the taps in reverse. Reversed as [taps, C, O], which is how the parameters lie: whole
 * rows are moved.
 */
function turnKernel(kernel: ValueName, graph: GrowingGraph): ValueName {
  const [outputs = 0, inputs = 0, ...lengths] = graph.shapeOf(kernel).map(Number);
  const axes = lengths.map((_, axis) => axis);
  const byTap = graph.node("Transpose", [kernel], { perm: ints([...axes.map((axis) => axis + 2), 1, 0]) });
  const taps = countElements(lengths);
  const rows = graph.node("Reshape", [byTap, graph.integers([taps, inputs * outputs])]);
  const reversed = graph.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  const turned = graph.node("Gather", [rows, reversed], { axis: int(0) });
  const split = graph.node("Reshape", [turned, graph.integers([...lengths, inputs, outputs])]);
  const rank = lengths.length;
  return graph.node("Transpose", [split], { perm: ints([rank, rank + 1, ...axes]) });
}

/**
 * Σ over all but the channels of [N, C, …]: a third of the time for [C, N, …], which the kernel's gradient makes
 * anyway.
 */
function sumRows(dy: ValueName, graph: GrowingGraph): ValueName {
  const axes = graph.shapeOf(dy).flatMap((_, axis) => (axis === 0 ? [] : [axis]));
  return sumOver(swapBatchAndChannels(dy, graph), axes, { keepDimensions: false }, graph);
}

/** How many values of the input, not of its padding, lie in the window at each place. */
function countTaps(lengths: readonly number[], attributes: Attributes): number[] {
  const window = readWindow(attributes);
  const counts = lengths.map((length, axis) =>
    Array.from({ length: countPlaces(window, axis, length) }, (_, place) => {
      const start = place * elementAt(window.strides, axis) - elementAt(window.padsBefore, axis);
      const end = start + elementAt(window.kernel, axis);
      return Math.min(end, length) - Math.max(start, 0);
    }),
  );
  return counts.reduce(
    (products, axisCounts) => products.flatMap((product) => axisCounts.map((count) => product * count)),
    [1],
  );
}
