import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { Attributes } from "../onnx_model.ts";
import { createGroupAttribute, createOutputPadding, readGroups, readLengths } from "../window_shapes.ts";
import { countPlaces, createWindowAttributes, readWindow } from "../windows.ts";
import { type BackwardStep, inputOf, sumOver } from "./gradient_rule.ts";
import { gradientOfKernel, swapBatchAndChannels } from "./kernel_gradient.ts";

/** y = x ⋆ k + b: dx = dy convolved backwards with the same k, dk: see gradientOfKernel, db = Σ dy. */
export function gradientOfConv(step: BackwardStep): (ValueName | undefined)[] {
  const { node, graph, dy } = step;
  const [x, kernel] = [inputOf(step, 0), inputOf(step, 1)];
  return [
    step.isNeeded(0) ? convolveBackwards(step, { dy, kernel, like: x }) : undefined,
    step.isNeeded(1) ? gradientOfKernel({ x, dy, kernel, attributes: node.attributes }, graph) : undefined,
    step.isNeeded(2) ? sumChannelsOf(dy, graph) : undefined,
  ];
}

/** y = x convolved backwards with k, + b: dx = dy ⋆ k, dk is the one of that convolution with x for its dy, db = Σ dy. */
export function gradientOfConvTranspose(step: BackwardStep): (ValueName | undefined)[] {
  const { node, graph, dy } = step;
  const [x, kernel] = [inputOf(step, 0), inputOf(step, 1)];
  const { output_padding, ...attributes } = node.attributes;
  return [
    step.isNeeded(0) ? graph.node("Conv", [dy, kernel], attributes) : undefined,
    step.isNeeded(1) ? gradientOfKernel({ x: dy, dy: x, kernel, attributes }, graph) : undefined,
    step.isNeeded(2) ? sumChannelsOf(dy, graph) : undefined,
  ];
}

/**
 * y = mean of the window's values, those of the padding left out: dx spreads dy / count over the window, which is dy
 * convolved backwards with ones, channel by channel.
 */
export function gradientOfAveragePool(step: BackwardStep): ValueName[] {
  const { node, graph, dy } = step;
  const x = inputOf(step, 0);
  const channels = Number(graph.shapeOf(x)[1]);
  const { kernel } = readWindow(node.attributes);
  const taps = kernel.reduce((product, length) => product * length, 1);
  const ones = graph.constant(new Array<number>(channels * taps).fill(1), [channels, 1, ...kernel]);
  const shares = countTaps(graph.shapeOf(x).slice(2).map(Number), node.attributes).map((count) => 1 / count);
  const share = graph.constant(shares, [1, 1, ...readLengths(graph.shapeOf(dy))]);
  const shared = graph.node("Mul", [dy, share]);
  const attributes = { ...createWindowAttributes(readWindow(node.attributes)), ...createGroupAttribute(channels) };
  return [convolveBackwards({ ...step, node: { ...node, attributes } }, { dy: shared, kernel: ones, like: x })];
}

/** ConvTranspose-11 to the shape of the value `like`, which the window need not have used up. */
function convolveBackwards(
  { node, graph }: BackwardStep,
  { dy, kernel, like }: { dy: ValueName; kernel: ValueName; like: ValueName },
): ValueName {
  const window = readWindow(node.attributes);
  const groups = createGroupAttribute(readGroups(node.attributes));
  const unused = readLengths(graph.shapeOf(like)).map((length, axis) => {
    const used = (window.strides[axis] ?? 1) * (countPlaces(window, axis, length) - 1);
    const pads = (window.padsBefore[axis] ?? 0) + (window.padsBehind[axis] ?? 0);
    return length + pads - used - ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) - 1;
  });
  const attributes: Attributes = { ...createWindowAttributes(window), ...groups, ...createOutputPadding(unused) };
  return graph.node("ConvTranspose", [dy, kernel], attributes);
}

/** Σ over all but the channels of [N, C, …]: of [C, N, …], which the kernel's gradient makes anyway, in rows: a third of the time. */
function sumChannelsOf(dy: ValueName, graph: GraphBuilder): ValueName {
  const axes = graph.shapeOf(dy).flatMap((_, axis) => (axis === 0 ? [] : [axis]));
  return sumOver(swapBatchAndChannels(dy, graph), axes, { keepDimensions: false }, graph);
}

/** How many values of the input, not of its padding, lie in the window at each place. */
function countTaps(lengths: readonly number[], attributes: Attributes): number[] {
  const window = readWindow(attributes);
  const counts = lengths.map((length, axis) =>
    Array.from({ length: countPlaces(window, axis, length) }, (_, place) => {
      const start = place * (window.strides[axis] ?? 1) - (window.padsBefore[axis] ?? 0);
      const end = start + (window.kernel[axis] ?? 1);
      return Math.min(end, length) - Math.max(start, 0);
    }),
  );
  return counts.reduce(
    (products, axisCounts) => products.flatMap((product) => axisCounts.map((count) => product * count)),
    [1],
  );
}
