import { elementAt } from "../../core/element_at.ts";
import type { Graph, GraphNode } from "../graph.ts";

/**
 * The same graph in float16 for the processor. onnxruntime computes most of it in float32 there and leaves out steps to
 * float16 and back, so that nothing is rounded and nothing overflows. Each value of float16 goes through an operator
 * that it has in float16, the maximum of the value and itself. The graph is as exact as on a GPU then, and slower.
 */
export function roundOnProcessor(graph: Graph): Graph {
  const types = new Map(graph.types);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const [first = ""] = node.outputs;
    if (types.get(first)?.dataType !== "float16") {
      nodes.push(node);
      continue;
    }
    const unrounded = node.outputs.map((name) =>
      types.get(name)?.dataType === "float16" ? `${name}/unrounded` : name,
    );
    nodes.push({ ...node, outputs: unrounded });
    for (const [i, name] of node.outputs.entries()) {
      const from = elementAt(unrounded, i);
      const type = types.get(name);
      if (from === name || !type) continue;
      types.set(from, type);
      nodes.push({ op: "Max", inputs: [from, from], outputs: [name], attributes: {} });
    }
  }
  return { ...graph, nodes, types };
}
