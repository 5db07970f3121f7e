import type { Attributes } from "../file/onnx_model.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { GraphNode, ValueName } from "../graph.ts";
import { readFloat } from "../ops/operands.ts";
import type { BlockedGraph } from "./blocked_graph.ts";

/**
 * A normalisation by numbers of each channel, of a value that is there in blocks only and fills them. It is a
 * convolution of one tap of each channel by itself, with the scale for its kernel and the shift for its bias.
 */
export interface BlockedNormalization {
  readonly node: GraphNode;
  readonly x: ValueName;
}

/** The node as one; undefined for others. */
export function readNormalization(node: GraphNode, graph: BlockedGraph): BlockedNormalization | undefined {
  const [x = ""] = node.inputs;
  return node.op === "BatchNormalization" && graph.isOnlyBlocked(x) && graph.isFull(x) ? { node, x } : undefined;
}

/** Adds a normalisation that makes the value `y` in blocks; `activation` is what follows at once. */
export function normalizeInBlocks(
  { node, x }: BlockedNormalization,
  { y, activation }: { readonly y: ValueName; readonly activation: Attributes },
  graph: BlockedGraph,
): void {
  const channels = Number(graph.shapeOf(x)[1]);
  const { scale, shift } = readTransform(node, graph);
  const kernel = [channels, 1, 1, 1];
  const operands = [graph.block(x), graph.make("Reshape", [scale, graph.integers(kernel)], { shape: kernel }), shift];
  const attributes = { kernel_shape: ints([1, 1]), group: int(channels), ...activation };
  graph.addBlocked("BlockedConv", operands, { attributes, y });
}

/** γ (x − μ) / √(σ² + ε) + β as x · scale + shift, [C] each. */
function readTransform(node: GraphNode, graph: BlockedGraph): { readonly scale: ValueName; readonly shift: ValueName } {
  const [, gamma = "", beta = "", mean = "", variance = ""] = node.inputs;
  const epsilon = readFloat(node.attributes, "epsilon", 1e-5);
  const isPlain = epsilon === 0 && isConstant(mean, 0, graph) && isConstant(variance, 1, graph);
  if (isPlain) return { scale: gamma, shift: beta };
  for (const name of [gamma, beta, mean, variance]) graph.unblock(name);
  const made = { shape: graph.shapeOf(gamma) };
  const spread = graph.make("Add", [variance, graph.number(epsilon)], made);
  const scale = graph.make("Div", [gamma, graph.make("Sqrt", [spread], made)], made);
  const shift = graph.make("Sub", [beta, graph.make("Mul", [mean, scale], made)], made);
  return { scale, shift };
}

function isConstant(name: ValueName, value: number, graph: BlockedGraph): boolean {
  return graph.readNumbers(name)?.every((number) => number === value) ?? false;
}
