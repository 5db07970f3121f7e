import { elementAt, valueAt } from "../../../core/element_at.ts";
import { nameNode } from "../../../onnx/file/encode_graph.ts";
import type { Graph, GraphNode } from "../../../onnx/graph.ts";

/**
 * The names of the nodes that the processor must compute in a graph on WebGPU: those that onnxruntime 1.30 gives to its
 * WebGPU provider although that fails or computes something else. All other operators it lacks it leaves to the
 * processor itself.
 */
export function listProcessorNodes(graph: Graph): string[] {
  return graph.nodes.filter((node) => isRefused(node) || isMiscomputed(node, graph)).map(nameNode);
}

/** MaxPool that also tells where the largest values lie: "The Indices output is not supported yet". */
function isRefused({ op, outputs }: GraphNode): boolean {
  return op === "MaxPool" && outputs.length > 1;
}

/** ConvTranspose with groups of several channels each: what came out was off by as much as it was large. */
function isMiscomputed({ op, inputs, attributes: { group } }: GraphNode, { types }: Graph): boolean {
  if (op !== "ConvTranspose" || group?.kind !== "int" || group.value === 1) return false;
  const [channels] = valueAt(types, elementAt(inputs, 1)).shape;
  return channels !== group.value;
}
