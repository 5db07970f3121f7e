import { cannot, RangeRefusal } from "../../core/errors.ts";
import { ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import { createGroupAttribute, createOutputPadding, readLengths } from "../specs/window_shapes.ts";
import type {
  ConvolutionSpec,
  DepthwiseConvolutionSpec,
  SeparableConvolutionSpec,
  TransposedConvolutionSpec,
} from "../specs/window_specs.ts";
import { createWindowAttributes, measureExtent, placeWindow, type Window } from "../specs/windows.ts";
import { applyActivation } from "./activation.ts";
import { putChannelsFirst, putChannelsLast } from "./channels_first.ts";

/**
 * Conv1D and Conv2D, [N, …, in] to [N, …, filters]: Conv-11 on [N, in, …]. The kernel [taps…, in, filters] becomes
 * [filters, in, taps…].
 */
export function convertConvolution(layer: ConvolutionSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const channels = putInputChannelsFirst(x, layer.window.kernel, graph);
  const kernel = reverseKernel(graph.parameter(`${layer.layer}/kernel`), graph);
  const attributes = createWindowAttributes(placeWindow(layer.window, readLengths(graph.shapeOf(channels))));
  const y = graph.node("Conv", [channels, kernel, ...readBias(layer, graph)], attributes);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/** DepthwiseConv2D, [N, H, W, in] to [N, H, W, in · multiplier]: Conv-11 with as many groups as channels. */
export function convertDepthwiseConvolution(
  layer: DepthwiseConvolutionSpec,
  x: ValueName,
  graph: GraphBuilder,
): ValueName {
  const y = convolveDepthwise(layer, { x, bias: readBias(layer, graph) }, graph);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/** SeparableConv2D, [N, H, W, in] to [N, H, W, filters]: a depthwise Conv-11, then one of 1×1. */
export function convertSeparableConvolution(
  layer: SeparableConvolutionSpec,
  x: ValueName,
  graph: GraphBuilder,
): ValueName {
  const channels = convolveDepthwise(layer, { x, bias: [] }, graph);
  const kernel = reverseKernel(graph.parameter(`${layer.layer}/pointwise_kernel`), graph);
  const attributes = { kernel_shape: ints(layer.window.kernel.map(() => 1)) };
  const y = graph.node("Conv", [channels, kernel, ...readBias(layer, graph)], attributes);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/**
 * Conv2DTranspose, [N, H, W, in] to [N, H · stride, W · stride, filters] ("valid" adds what the window overhangs):
 * ConvTranspose-11. The kernel [taps…, filters, in] becomes [in, filters, taps…].
 */
export function convertTransposedConvolution(
  layer: TransposedConvolutionSpec,
  x: ValueName,
  graph: GraphBuilder,
): ValueName {
  const channels = putInputChannelsFirst(x, layer.window.kernel, graph);
  const { window, unused } = placeBackwards(layer, readLengths(graph.shapeOf(channels)));
  const kernel = reverseKernel(graph.parameter(`${layer.layer}/kernel`), graph);
  const attributes = { ...createWindowAttributes(window), ...createOutputPadding(unused) };
  const y = graph.node("ConvTranspose", [channels, kernel, ...readBias(layer, graph)], attributes);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/** [taps…, in, multiplier] is [in · multiplier, 1, taps…] to ONNX, each channel's multiples one after another. */
function convolveDepthwise(
  { layer, window, multiplier }: DepthwiseConvolutionSpec | SeparableConvolutionSpec,
  { x, bias }: { x: ValueName; bias: readonly ValueName[] },
  graph: GraphBuilder,
): ValueName {
  const channels = putInputChannelsFirst(x, window.kernel, graph);
  const groups = Number(graph.shapeOf(channels)[1]);
  const rank = window.kernel.length;
  const order = [rank, rank + 1, ...window.kernel.map((_, axis) => axis)];
  const moved = graph.node("Transpose", [graph.parameter(`${layer}/depthwise_kernel`)], { perm: ints(order) });
  const kernel = graph.node("Reshape", [moved, graph.integers([groups * multiplier, 1, ...window.kernel])]);
  const placed = placeWindow(window, readLengths(graph.shapeOf(channels)));
  const attributes = { ...createWindowAttributes(placed), ...createGroupAttribute(groups) };
  return graph.node("Conv", [channels, kernel, ...bias], attributes);
}

/** The window of the convolution that the layer undoes, and what that leaves over at the end of each axis. */
function placeBackwards(
  { window: { kernel, strides, dilations, padding } }: TransposedConvolutionSpec,
  places: readonly number[],
): { window: Window; unused: number[] } {
  const lengths = places.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    return length * stride + (padding === "valid" ? Math.max((kernel[axis] ?? 1) - stride, 0) : 0);
  });
  const window = placeWindow({ kernel, strides, dilations, padding }, lengths);
  const unused = lengths.map((length, axis) => {
    const pads = (window.padsBefore[axis] ?? 0) + (window.padsBehind[axis] ?? 0);
    const used = ((places[axis] ?? 1) - 1) * (strides[axis] ?? 1) + measureExtent(window, axis);
    return length + pads - used;
  });
  return { window, unused };
}

/** @throws {RangeError} If x has not one axis for each of the window's, besides rows and channels. */
function putInputChannelsFirst(x: ValueName, kernel: readonly number[], graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (shape.length === kernel.length + 2) return putChannelsFirst(x, graph);
  throw new RangeRefusal(cannot("convolve", `an input of rank ${kernel.length + 2}`, describeShape(shape)));
}

/** [taps…, a, b] to [b, a, taps…]. */
function reverseKernel(kernel: ValueName, graph: GraphBuilder): ValueName {
  const rank = graph.shapeOf(kernel).length;
  const taps = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return graph.node("Transpose", [kernel], { perm: ints([rank - 1, rank - 2, ...taps]) });
}

function readBias({ layer, useBias }: { layer: string; useBias: boolean }, graph: GraphBuilder): ValueName[] {
  return useBias ? [graph.parameter(`${layer}/bias`)] : [];
}
