import type { OnnxGraph, OnnxNode } from "../file/onnx_model.ts";
import { dropUnusedInitializers, renameNodeInputs } from "./edit_graph.ts";

/**
 * The graph without nodes that compute what an earlier node computes: the same operator with the same attributes of the
 * same values. A graph that holds a network twice computes once what both have in common. Nodes that give an output of
 * the graph stay.
 */
export function shareNodes(graph: OnnxGraph): OnnxGraph {
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const known = new Map<string, OnnxNode>();
  const nodes: OnnxNode[] = [];
  for (const given of graph.nodes) {
    const node = renameNodeInputs(given, renamed);
    const key = describeComputation(node);
    const earlier = key === undefined ? undefined : known.get(key);
    if (earlier && !node.outputs.some((name) => kept.has(name))) {
      for (const [i, name] of node.outputs.entries()) renamed.set(name, earlier.outputs[i] ?? "");
      continue;
    }
    if (key !== undefined && !earlier) known.set(key, node);
    nodes.push(node);
  }
  return dropUnusedInitializers({ ...graph, nodes });
}

/** What a node computes, as a text; undefined for one that holds graphs or tensors, or that draws. */
function describeComputation({ op, domain = "", inputs, outputs, attributes }: OnnxNode): string | undefined {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (op.startsWith("Random") || entries.some(([, { kind }]) => kind === "graph" || kind === "tensor"))
    return undefined;
  const computation = [domain, op, inputs, outputs.map((name) => name !== ""), entries];
  // Infinities have no form of their own in JSON.
  return JSON.stringify(computation, (_, value: unknown) => (typeof value === "number" ? `${value}` : value));
}
