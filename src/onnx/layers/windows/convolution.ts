import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { ints, type Shape } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { createGroupAttribute, createOutputPadding, readLengths } from "../../ops/window_shapes.ts";
import {
  createWindowAttributes,
  measureExtent,
  placeWindow,
  type Window,
  type WindowSettings,
} from "../../ops/windowing.ts";
import { describeShape } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { type ActivationSpec, applyActivation, readActivation } from "../activation.ts";
import { putChannelsFirst, putChannelsLast } from "../channels_first.ts";
import type { LayerCall } from "../layer_call.ts";
import { type ClassFamily, type LayerFamily, never, type ParameterSpec } from "../layer_definition.ts";
import { assertChannelsLast, readFlag, readInteger, UnsupportedLayerError } from "../read_setting.ts";
import { readWindowSettings } from "./window_settings.ts";

/** What convolutions have in common. Windows have one spatial axis on [N, L, C], up to three on [N, D, H, W, C]. */
interface ConvolutionCall extends LayerCall {
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly window: WindowSettings;
  readonly useBias: boolean;
  readonly activation: ActivationSpec;
}

/** `kernel` [taps…, in, filters], `bias` [filters]. */
interface ConvolutionSpec extends ConvolutionCall {
  readonly kind: "convolution";
  readonly filters: number;
}

/**
 * Each channel by itself, into `multiplier` ones: `depthwise_kernel` [taps…, in, multiplier], `bias` [in · multiplier].
 */
interface DepthwiseConvolutionSpec extends ConvolutionCall {
  readonly kind: "depthwiseConvolution";
  readonly multiplier: number;
}

/**
 * Depthwise, then 1×1: `depthwise_kernel` [taps…, in, multiplier], `pointwise_kernel` [1, 1, in · multiplier, filters].
 */
interface SeparableConvolutionSpec extends ConvolutionCall {
  readonly kind: "separableConvolution";
  readonly filters: number;
  readonly multiplier: number;
}

/** A convolution's gradient used as a layer, which enlarges: `kernel` [taps…, filters, in], `bias` [filters]. */
interface TransposedConvolutionSpec extends ConvolutionCall {
  readonly kind: "transposedConvolution";
  readonly filters: number;
}

/** Any convolution. */
export type ConvolutionLayerSpec =
  | ConvolutionSpec
  | DepthwiseConvolutionSpec
  | SeparableConvolutionSpec
  | TransposedConvolutionSpec;

/** Convolutions. */
export const convolutionLayers = {
  convolution: {
    parameters(layer, inputs) {
      const kernel = [...layer.window.kernel, countChannels(layer, inputs), layer.filters];
      return describe(layer, [["kernel", kernel]], layer.filters);
    },
    convert: (layer, [x = ""], { graph }) => convertConvolution(layer, x, graph),
    dependsOnMode: never,
  },
  transposedConvolution: {
    parameters(layer, inputs) {
      const kernel = [...layer.window.kernel, layer.filters, countChannels(layer, inputs)];
      return describe(layer, [["kernel", kernel]], layer.filters);
    },
    convert: (layer, [x = ""], { graph }) => convertTransposedConvolution(layer, x, graph),
    dependsOnMode: never,
  },
  depthwiseConvolution: {
    parameters(layer, inputs) {
      const channels = countChannels(layer, inputs);
      const kernel = [...layer.window.kernel, channels, layer.multiplier];
      return describe(layer, [["depthwise_kernel", kernel]], channels * layer.multiplier);
    },
    convert: (layer, [x = ""], { graph }) => convertDepthwiseConvolution(layer, x, graph),
    dependsOnMode: never,
  },
  separableConvolution: {
    parameters(layer, inputs) {
      const channels = countChannels(layer, inputs);
      const depthwise = [...layer.window.kernel, channels, layer.multiplier];
      const pointwise = [...layer.window.kernel.map(() => 1), channels * layer.multiplier, layer.filters];
      const kernels = [
        ["depthwise_kernel", depthwise],
        ["pointwise_kernel", pointwise],
      ] as const;
      return describe(layer, kernels, layer.filters);
    },
    convert: (layer, [x = ""], { graph }) => convertSeparableConvolution(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<ConvolutionLayerSpec>;

/** Their classes in TF.js. */
export const convolutionClasses = {
  Conv1D: parseConvolution,
  Conv2D: parseConvolution,
  Conv3D: parseConvolution,
  DepthwiseConv1D: parseDepthwise,
  DepthwiseConv2D: (layer, call) => {
    const convolution = parseDepthwise(layer, call);
    assertShapeIsRight(layer, convolution.window);
    return convolution;
  },
  SeparableConv1D: parseSeparable,
  SeparableConv2D: parseSeparable,
  Conv2DTranspose: parseTransposed,
  Conv3DTranspose: parseTransposed,
} satisfies ClassFamily<ConvolutionLayerSpec>;

function parseConvolution(layer: LayerJson, call: LayerCall): ConvolutionSpec {
  const filters = readInteger(layer, "filters", { minimum: 1 });
  return { ...call, kind: "convolution", ...readConvolution(layer), filters };
}

function parseTransposed(layer: LayerJson, call: LayerCall): TransposedConvolutionSpec {
  const filters = readInteger(layer, "filters", { minimum: 1 });
  return { ...call, kind: "transposedConvolution", ...readConvolution(layer), filters };
}

function parseDepthwise(layer: LayerJson, call: LayerCall): DepthwiseConvolutionSpec {
  return { ...call, kind: "depthwiseConvolution", ...readConvolution(layer), multiplier: readMultiplier(layer) };
}

function parseSeparable(layer: LayerJson, call: LayerCall): SeparableConvolutionSpec {
  const filters = readInteger(layer, "filters", { minimum: 1 });
  return {
    ...call,
    kind: "separableConvolution",
    ...readConvolution(layer),
    filters,
    multiplier: readMultiplier(layer),
  };
}

function readConvolution(layer: LayerJson) {
  assertChannelsLast(layer);
  return {
    layer: layer.config.name,
    window: readWindowSettings(layer, "kernel_size"),
    useBias: readFlag(layer, "use_bias", true),
    activation: readActivation(layer),
  };
}

function readMultiplier(layer: LayerJson): number {
  return readInteger(layer, "depth_multiplier", { minimum: 1, fallback: 1 });
}

/**
 * TF.js passes a depthwise layer's dilation over, so that layers behind it are made for an output that is too large.
 */
function assertShapeIsRight(layer: LayerJson, { dilations, padding }: WindowSettings): void {
  if (padding === "same" || dilations.every((dilation) => dilation === 1)) return;
  const reason = 'it is dilated, which TF.js leaves out of its output\'s shape unless padding is "same"';
  throw new UnsupportedLayerError(layer, reason, { byTfjs: false });
}

function describe(
  { layer, useBias }: { layer: string; useBias: boolean },
  kernels: readonly (readonly [string, readonly number[]])[],
  outputs: number,
): ParameterSpec[] {
  const tensors = useBias ? [...kernels, ["bias", [outputs]] as const] : kernels;
  return tensors.map(([name, shape]) => ({ name: `${layer}/${name}`, shape, isTrainable: true }));
}

function countChannels({ name }: { name: string }, inputs: readonly Shape[]): number {
  const channels = inputs[0]?.at(-1);
  if (typeof channels === "number") return channels;
  throw new RangeRefusal(needs(`layer "${name}"`, "an input [N, …, channels]", inputs[0]));
}

/**
 * Conv1D, Conv2D and Conv3D, [N, …, in] to [N, …, filters]: Conv-11 on [N, in, …]. The kernel [taps…, in, filters]
 * becomes [filters, in, taps…].
 */
function convertConvolution(layer: ConvolutionSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const channels = putInputChannelsFirst(x, layer.window.kernel, graph);
  const kernel = reverseKernel(graph.parameter(`${layer.layer}/kernel`), graph);
  const attributes = createWindowAttributes(placeWindow(layer.window, readLengths(graph.shapeOf(channels))));
  const y = graph.node("Conv", [channels, kernel, ...readBias(layer, graph)], attributes);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/** DepthwiseConv1D and 2D, [N, …, in] to [N, …, in · multiplier]: Conv-11 with as many groups as channels. */
function convertDepthwiseConvolution(layer: DepthwiseConvolutionSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const y = convolveDepthwise(layer, { x, bias: readBias(layer, graph) }, graph);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/** SeparableConv1D and 2D, [N, …, in] to [N, …, filters]: a depthwise Conv-11, then one of one tap. */
function convertSeparableConvolution(layer: SeparableConvolutionSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const channels = convolveDepthwise(layer, { x, bias: [] }, graph);
  const kernel = reverseKernel(graph.parameter(`${layer.layer}/pointwise_kernel`), graph);
  const attributes = { kernel_shape: ints(layer.window.kernel.map(() => 1)) };
  const y = graph.node("Conv", [channels, kernel, ...readBias(layer, graph)], attributes);
  return applyActivation(layer.activation, putChannelsLast(y, graph), graph);
}

/**
 * Conv2DTranspose and 3D, [N, H, W, in] to [N, H · stride, W · stride, filters] ("valid" adds what the window
 * overhangs): ConvTranspose-11. The kernel [taps…, filters, in] becomes [in, filters, taps…].
 */
function convertTransposedConvolution(layer: TransposedConvolutionSpec, x: ValueName, graph: GraphBuilder): ValueName {
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
    const stride = elementAt(strides, axis);
    return length * stride + (padding === "valid" ? Math.max(elementAt(kernel, axis) - stride, 0) : 0);
  });
  const window = placeWindow({ kernel, strides, dilations, padding }, lengths);
  const unused = lengths.map((length, axis) => {
    const pads = elementAt(window.padsBefore, axis) + elementAt(window.padsBehind, axis);
    const used = (elementAt(places, axis) - 1) * elementAt(strides, axis) + measureExtent(window, axis);
    return length + pads - used;
  });
  return { window, unused };
}

/** @throws {RangeError} If x has not one axis for each of the window's, besides rows and channels. */
function putInputChannelsFirst(x: ValueName, kernel: readonly number[], graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (shape.length === kernel.length + 2) return putChannelsFirst(x, graph);
  throw new RangeRefusal(needs("the convolution", `an input of rank ${kernel.length + 2}`, describeShape(shape)));
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
