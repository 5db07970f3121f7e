import { elementAt } from "../../core/element_at.ts";
import type { Graph, GraphNode, ValueName } from "../graph.ts";
import { readInts } from "../ops/operands.ts";
import { readGroups } from "../ops/window_shapes.ts";
import { listCaptures } from "../scan/list_captures.ts";

/**
 * The gradient of a depthwise kernel, a sum over the rows of the batch. As the gradient rule writes it, it is a
 * convolution of one channel a group, whose rows are its channels and whose kernel is dy: it takes values whose first
 * two axes are exchanged, where values in blocks give the same sum in a cheaper way.
 */
export interface KernelSum {
  /** The nodes that make the sum of values as they are, the last of which has its name. */
  readonly nodes: readonly GraphNode[];
  readonly x: ValueName;
  readonly dy: ValueName;
}

/** The sums of a graph by the node that ends each, and the nodes that nothing but them needs. */
export interface KernelSums {
  readonly sums: ReadonlyMap<GraphNode, KernelSum>;
  readonly onlyTheirs: ReadonlySet<GraphNode>;
}

/** Finds the gradients of depthwise kernels on two spatial axes. */
export function findKernelSums(graph: Graph): KernelSums {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const sums = new Map<GraphNode, KernelSum>();
  for (const node of graph.nodes) {
    const sum = node.op === "Conv" ? readKernelSum(node, { graph, makers }) : undefined;
    if (sum) sums.set(node, sum);
  }
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const onlyTheirs = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed()) {
    const sum = sums.get(node);
    if (!node.outputs.some((name) => needed.has(name))) onlyTheirs.add(node);
    else for (const name of sum ? [sum.x, sum.dy] : [...node.inputs, ...listCaptures(node)]) needed.add(name);
  }
  return { sums, onlyTheirs };
}

interface Search {
  readonly graph: Graph;
  readonly makers: ReadonlyMap<ValueName, GraphNode>;
}

function readKernelSum(node: GraphNode, search: Search): KernelSum | undefined {
  const [first = "", second = ""] = node.inputs;
  const groups = readGroups(node.attributes);
  const flat = search.makers.get(first);
  const [rows, swap] = [findSwap(flat?.inputs[0] ?? "", search), findSwap(second, search)];
  if (groups === 1 || flat?.op !== "Reshape" || !rows || !swap) return undefined;
  const [x, dy] = [elementAt(rows.inputs, 0), elementAt(swap.inputs, 0)];
  const isOfAChannel = [x, dy].every((name) => search.graph.types.get(name)?.shape[1] === groups);
  return isOfAChannel ? { nodes: [rows, flat, swap, node], dy, x } : undefined;
}

/** The Transpose that has exchanged rows and channels of [N, C, H, W]. */
function findSwap(name: ValueName, { makers }: Search): GraphNode | undefined {
  const node = makers.get(name);
  return node?.op === "Transpose" && readInts(node.attributes, "perm").join() === "1,0,2,3" ? node : undefined;
}
