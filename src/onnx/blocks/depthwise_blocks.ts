import { elementAt } from "../../core/element_at.ts";
import { type Attributes, int, ints, type OnnxGraph, type OnnxTensor } from "../file/onnx_model.ts";
import type { GraphNode, ValueName } from "../graph.ts";
import { readGroups } from "../ops/window_shapes.ts";
import { createWindowAttributes, measureExtent, readWindow, type Window } from "../ops/windowing.ts";
import type { BlockedGraph } from "./blocked_graph.ts";
import { nameOperator } from "./blocked_operators.ts";

/** A convolution of each channel by itself, forwards or backwards. */
export interface DepthwiseConvolution {
  readonly x: ValueName;
  /** [C, 1, height, width] */
  readonly kernel: ValueName;
  readonly bias: ValueName | undefined;
  readonly channels: number;
  /** That of the convolution on blocks: of one backwards, with the kernel turned around. */
  readonly window: Window;
  readonly isBackwards: boolean;
  /** How far apart the values of x come to lie, with zeros between them: the strides of a convolution backwards. */
  readonly spacing: readonly number[];
}

/**
 * The node as a depthwise convolution on blocks: 3×3, 144 channels on [8, 56, 56] in 18 ms in place of 31, and back in
 * as many. One backwards with strides is one without, on values with zeros between them.
 * @returns Undefined for other convolutions, and where the channels do not fill their blocks.
 */
export function readDepthwise(node: GraphNode, graph: BlockedGraph): DepthwiseConvolution | undefined {
  const [x = "", kernel = "", bias] = node.inputs;
  const channels = readGroups(node.attributes);
  const [outputs, ofGroup, ...taps] = graph.shapeOf(kernel);
  const isBackwards = node.op === "ConvTranspose";
  if (node.op !== "Conv" && !isBackwards) return undefined;
  if (outputs !== channels || ofGroup !== 1 || taps.length !== 2 || channels % graph.lanes !== 0) return undefined;
  if (graph.shapeOf(x)[1] !== channels || (isBackwards && bias !== undefined)) return undefined;
  const window = readWindow(node.attributes);
  const common = { x, kernel, bias, channels, isBackwards };
  if (!isBackwards) return { ...common, window, spacing: [1, 1] };
  const turned = turnWindow(window, { from: graph.shapeOf(x), to: graph.shapeOf(elementAt(node.outputs, 0)) });
  return turned && { ...common, window: turned, spacing: window.strides };
}

/** Undefined where values would have to be left off, which padding cannot do. */
function turnWindow(
  window: Window,
  { from, to }: Readonly<Record<"from" | "to", readonly unknown[]>>,
): Window | undefined {
  const spare = window.kernel.map((_, axis) => measureExtent(window, axis) - 1);
  const padsBefore = spare.map((length, axis) => length - elementAt(window.padsBefore, axis));
  const padsBehind = spare.map((length, axis) => {
    const spaced = Number(from[axis + 2]) * elementAt(window.strides, axis);
    return Number(to[axis + 2]) + length - elementAt(padsBefore, axis) - spaced;
  });
  if ([...padsBefore, ...padsBehind].some((pad) => pad < 0)) return undefined;
  return { ...window, strides: window.strides.map(() => 1), padsBefore, padsBehind };
}

/** Adds a depthwise convolution that makes the value `y` in blocks; `activation` is what follows at once. */
export function convolveDepthwise(
  { x, kernel, bias, channels, window, isBackwards, spacing }: DepthwiseConvolution,
  { y, activation }: { readonly y: ValueName; readonly activation: Attributes },
  graph: BlockedGraph,
): void {
  const input = spaceOut(graph.block(x), { shape: graph.shapeOf(x).slice(1).map(Number), spacing }, graph);
  const operands = [input, blockDepthwiseKernel(kernel, { isBackwards }, graph)];
  if (bias !== undefined) operands.push(bias);
  const attributes = { ...createWindowAttributes(window), group: int(channels), ...activation };
  graph.addBlocked("BlockedConv", operands, { attributes, y });
}

/** [C, 1, height, width], in memory [C / lanes, taps, lanes]. */
function blockDepthwiseKernel(
  kernel: ValueName,
  { isBackwards }: { readonly isBackwards: boolean },
  graph: BlockedGraph,
): ValueName {
  const shape = graph.shapeOf(graph.unblock(kernel)).map(Number);
  const taps = elementAt(shape, 2) * elementAt(shape, 3);
  const split = [elementAt(shape, 0) / graph.lanes, graph.lanes, taps];
  const parts = graph.make("Reshape", [kernel, graph.integers(split)], { shape: split });
  const order = { shape: [split[0] ?? 1, taps, graph.lanes], attributes: { perm: ints([0, 2, 1]) } };
  const moved = graph.make("Transpose", [parts], order);
  const backwards = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  const turned = isBackwards
    ? graph.make("Gather", [moved, graph.integers(backwards)], { ...order, attributes: { axis: int(1) } })
    : moved;
  return graph.make("Reshape", [turned, graph.integers(shape)], { shape });
}

/** [N, C, H, W] in blocks with zeros behind every value, so that its axes are `spacing` times as long. */
function spaceOut(
  x: ValueName,
  { shape, spacing }: { readonly shape: readonly number[]; readonly spacing: readonly number[] },
  graph: BlockedGraph,
): ValueName {
  if (spacing.every((length) => length === 1)) return x;
  const [channels = 1, height = 1, width = 1] = shape;
  const [down = 1, across = 1] = spacing;
  const rows = [-1, 1, width, graph.lanes];
  const apart = graph.make("Reshape", [x, graph.integers(rows)], { shape: ["N", ...rows.slice(1)] });
  const pads = graph.integers([0, 0, 0, 0, 0, down - 1, 0, (across - 1) * graph.lanes]);
  const padded = graph.make("Pad", [apart, pads], { shape: ["N", down, width, across * graph.lanes] });
  const spaced = [-1, channels, height * down, width * across];
  return graph.make("Reshape", [padded, graph.integers(spaced)], { shape: ["N", ...spaced.slice(1)] });
}

/**
 * The gradient of a depthwise kernel, [1, C, …] as the plain convolution `node` gives it: each row's part by itself,
 * with the row's dy for its kernel, which lies in memory as that wants it. 3×3, 144 channels on [8, 56, 56]: 8 ms in
 * place of 85; with strides of 2, 3 ms. The rows are as many as there are at run time, so a Scan goes over them.
 */
export function sumDepthwiseKernel(
  node: GraphNode,
  { x, dy }: { readonly x: ValueName; readonly dy: ValueName },
  graph: BlockedGraph,
): void {
  const [y = ""] = node.outputs;
  const shape = graph.shapeOf(y).map(Number);
  const [input = [], kernel = []] = [x, dy].map((name) => graph.shapeOf(name).slice(1).map(Number));
  const attributes = { ...createWindowAttributes(readWindow(node.attributes)), group: int(Number(input[0])) };
  const body = createBody({ input, kernel, shape, attributes }, `${y}/`);
  const parts = graph.make("Scan", [graph.block(x), graph.block(dy)], {
    shape: ["N", ...shape],
    attributes: {
      body: { kind: "graph", value: body },
      num_scan_inputs: int(2),
      scan_output_directions: ints([0]),
    },
  });
  const sum = graph.make("ReduceSum", [parts, graph.integers([0])], { shape, attributes: { keepdims: int(0) } });
  graph.add({
    op: "UnblockChannels",
    inputs: [sum],
    outputs: [y],
    attributes: { channels: int(Number(input[0])), channels_last: int(0) },
  });
}

interface Part {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly shape: readonly number[];
  readonly attributes: Attributes;
}

/** One row's part: x [C, H, W] and dy [C, h, w] in blocks give [1, C, …] in blocks. */
function createBody({ input, kernel, shape, attributes }: Part, prefix: string): OnnxGraph {
  const [channels = 1, ...places] = kernel;
  const named = (name: string) => `${prefix}${name}`;
  const lengths = (name: string, values: readonly number[]): OnnxTensor => ({
    name: named(name),
    shape: [values.length],
    dataType: "int64",
    bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  const node = (op: "BlockedConv" | "Reshape", inputs: readonly string[], output: string, own: Attributes = {}) => ({
    ...nameOperator(op),
    name: named(output),
    inputs: inputs.map(named),
    outputs: [named(output)],
    attributes: own,
  });
  return {
    name: `${prefix}row`,
    nodes: [
      node("Reshape", ["x", "input"], "row"),
      node("Reshape", ["dy", "kernel"], "taps"),
      node("BlockedConv", ["row", "taps"], "part", attributes),
    ],
    initializers: [lengths("input", [1, ...input]), lengths("kernel", [channels, 1, ...places])],
    inputs: [
      { name: named("x"), shape: input, dataType: "float32" },
      { name: named("dy"), shape: kernel, dataType: "float32" },
    ],
    outputs: [{ name: named("part"), shape, dataType: "float32" }],
  };
}
