import type { OnnxGraph } from "../file/onnx_model.ts";
import { createNamer } from "./edit_graph.ts";

/**
 * The graph with other names for the values that nodes make; a name that is taken gets a number behind it. Outputs of
 * the graph keep their names: callers ask for them.
 */
export function nameValues(graph: OnnxGraph, wanted: ReadonlyMap<string, string>): OnnxGraph {
  const pickName = createNamer(graph);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const names = new Map<string, string>();
  for (const { outputs } of graph.nodes) {
    for (const output of outputs) {
      const name = wanted.get(output);
      if (name !== undefined && !kept.has(output)) names.set(output, pickName(name));
    }
  }
  return renameValues(graph, names);
}

function renameValues(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  const rename = (name: string) => names.get(name) ?? name;
  const nodes = graph.nodes.map((node) => {
    const outputs = node.outputs.map(rename);
    const attributes = Object.fromEntries(
      Object.entries(node.attributes).map(([key, attribute]) => [
        key,
        attribute.kind === "graph" ? { ...attribute, value: renameValues(attribute.value, names) } : attribute,
      ]),
    );
    return { ...node, name: outputs[0] ?? node.name, inputs: node.inputs.map(rename), outputs, attributes };
  });
  return { ...graph, nodes };
}
