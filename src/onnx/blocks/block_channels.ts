import { elementAt } from "../../core/element_at.ts";
import { type Attributes, floats, int, ints, string } from "../file/onnx_model.ts";
import type { Graph, GraphNode, ValueName } from "../graph.ts";
import { readInts } from "../ops/operands.ts";
import { readWindow } from "../ops/windowing.ts";
import { listCaptures } from "../scan/list_captures.ts";
import { type BlockedConvolution, chooseBlockedConvolution } from "./blocked_convolution.ts";
import { addElementwise } from "./blocked_elementwise.ts";
import { BlockedGraph } from "./blocked_graph.ts";
import { blockKernel } from "./blocked_kernel.ts";
import { normalizeInBlocks, readNormalization } from "./blocked_normalization.ts";
import { reducePlaces } from "./blocked_reductions.ts";
import { convolveDepthwise, readDepthwise, sumDepthwiseKernel } from "./depthwise_blocks.ts";
import { findKernelSums, type KernelSum } from "./kernel_sums.ts";

/**
 * The same graph for a processor whose vectors hold `lanes` floats: wide convolutions take and give their channels in
 * blocks of that many, which onnxruntime computes up to 1.7 times as fast (3×3, 160 channels on [64, 4, 4]: 4.0 ms in
 * place of 6.0; 32 on [64, 32, 32]: 10.6 in place of 16.3). Values stay in blocks from one convolution to the next,
 * through what works element by element; they are brought back where something else wants them.
 *
 * onnxruntime does this by itself for kernels that are constants of the model. Those of a training graph are inputs:
 * here they are brought into order at every run, which takes little.
 */
export function blockChannels(graph: Graph, lanes: number): Graph {
  const consumers = findConsumers(graph.nodes);
  const { sums, onlyTheirs } = findKernelSums(graph);
  const blocksAll = hasDepthwise(graph, lanes);
  const blocked = new BlockedGraph(graph, { lanes, blocksAll });
  const choice = { types: graph.types, consumers, lanes, blocksAll };
  const passedOver = new Set(onlyTheirs);
  for (const node of graph.nodes) {
    if (passedOver.has(node)) continue;
    const sum = sums.get(node);
    if (sum) {
      addKernelSum(sum, passedOver, blocked);
      continue;
    }
    const depthwise = readDepthwise(node, blocked);
    const convolution = depthwise ? undefined : chooseBlockedConvolution(node, choice);
    const normalization = readNormalization(node, blocked);
    if (depthwise || convolution || normalization) {
      const next = findOnlyActivation(node, { graph, consumers });
      if (next) passedOver.add(next);
      const made = { y: elementAt((next ?? node).outputs, 0), activation: next ? nameActivation(next, blocked) : {} };
      if (depthwise) convolveDepthwise(depthwise, made, blocked);
      if (convolution) convolve(convolution, made, blocked);
      if (normalization) normalizeInBlocks(normalization, made, blocked);
    } else if (!addElementwise(node, blocked) && !reducePlaces(node, blocked) && !bringsChannelsLast(node, blocked)) {
      addPlain(node, blocked);
    }
  }
  return blocked.finish();
}

function addPlain(node: GraphNode, blocked: BlockedGraph): void {
  for (const name of [...node.inputs, ...listCaptures(node)]) blocked.unblock(name);
  blocked.add(node);
}

/** In blocks, or as it is with what was passed over for it. */
function addKernelSum(sum: KernelSum, passedOver: Set<GraphNode>, blocked: BlockedGraph): void {
  const end = elementAt(sum.nodes, sum.nodes.length - 1);
  if (blocked.isFull(sum.dy)) {
    sumDepthwiseKernel(end, sum, blocked);
    return;
  }
  for (const node of sum.nodes) {
    // Others may need the same node, and have it added in its turn.
    if (node === end || passedOver.delete(node)) addPlain(node, blocked);
  }
}

/** Whether there are convolutions of each channel by itself, between which all else had better stay in blocks. */
function hasDepthwise(graph: Graph, lanes: number): boolean {
  const blocked = new BlockedGraph(graph, { lanes, blocksAll: false });
  return graph.nodes.some((node) => node.op === "Conv" && readDepthwise(node, blocked) !== undefined);
}

function convolve(
  { node, x, kernel, bias, isBackwards }: BlockedConvolution,
  { y, activation }: { y: ValueName; activation: Attributes },
  graph: BlockedGraph,
): void {
  const channels = Number(graph.shapeOf(x)[1]);
  const input = channels < graph.lanes ? graph.unblock(x) : graph.block(x);
  const operands = [input, blockKernel(kernel, { isBackwards }, graph)];
  if (bias !== undefined) operands.push(fillUpBias(bias, graph));
  const window = isBackwards ? turnPads(node.attributes) : node.attributes;
  graph.addBlocked("BlockedConv", operands, { attributes: { ...window, ...activation }, y });
}

/** What a convolution backwards without strides leaves off on either side, one with the kernel turned around adds. */
function turnPads(attributes: Attributes): Attributes {
  const { kernel, dilations, padsBefore, padsBehind } = readWindow(attributes);
  const extents = kernel.map((length, axis) => (length - 1) * elementAt(dilations, axis));
  const turn = (pads: readonly number[]) => pads.map((pad, axis) => elementAt(extents, axis) - pad);
  return { ...attributes, pads: ints([...turn(padsBefore), ...turn(padsBehind)]) };
}

function fillUpBias(bias: ValueName, graph: BlockedGraph): ValueName {
  const length = Number(graph.shapeOf(graph.unblock(bias))[0]);
  const full = graph.fillUp(length);
  return full === length ? bias : graph.make("Pad", [bias, graph.integers([0, full - length])], { shape: [full] });
}

/** The Relu or Clip that is all that is done with a convolution's output: the convolution does it itself. */
function findOnlyActivation(
  { outputs: [y = ""] }: GraphNode,
  { graph, consumers }: { readonly graph: Graph; readonly consumers: ReadonlyMap<ValueName, readonly GraphNode[]> },
): GraphNode | undefined {
  const [only, ...others] = consumers.get(y) ?? [];
  const isOutput = graph.outputs.some(({ name }) => name === y);
  if (!only || others.length > 0 || isOutput) return undefined;
  return only.op === "Relu" || (only.op === "Clip" && only.inputs[0] === y) ? only : undefined;
}

function nameActivation({ op, inputs: [, ...bounds] }: GraphNode, graph: BlockedGraph): Attributes {
  const parameters = bounds.flatMap((name) => graph.readNumbers(name) ?? []);
  return { activation: string(op), ...(op === "Clip" ? { activation_params: floats(parameters) } : {}) };
}

/** [N, C, H, W] in blocks to [N, H, W, C] is one step. */
function bringsChannelsLast(node: GraphNode, graph: BlockedGraph): boolean {
  const [x = ""] = node.inputs;
  const blocked = graph.findBlocked(x);
  if (node.op !== "Transpose" || blocked === undefined || !graph.isOnlyBlocked(x)) return false;
  if (readInts(node.attributes, "perm").join() !== "0,2,3,1") return false;
  const attributes = { channels: int(Number(graph.shapeOf(x)[1])), channels_last: int(1) };
  graph.add({ op: "UnblockChannels", inputs: [blocked], outputs: node.outputs, attributes });
  return true;
}

function findConsumers(nodes: readonly GraphNode[]): Map<ValueName, GraphNode[]> {
  const consumers = new Map<ValueName, GraphNode[]>();
  for (const node of nodes) {
    for (const name of node.inputs) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  }
  return consumers;
}
