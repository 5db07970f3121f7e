import type { OnnxGraph } from "../../file/onnx_model.ts";

/** The graph with other names for its values, those that it reads from elsewhere included; nodes keep theirs. */
export function renameValues(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  if (names.size === 0) return graph;
  const rename = (name: string) => names.get(name) ?? name;
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    initializers: graph.initializers.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    outputs: graph.outputs.map((output) => ({ ...output, name: rename(output.name) })),
  };
}

/** Names for what a graph makes and holds that other graphs have, too: the same behind a prefix. */
export function nameApart(
  { nodes, initializers }: OnnxGraph,
  { taken, prefix }: { readonly taken: readonly OnnxGraph[]; readonly prefix: string },
): ReadonlyMap<string, string> {
  const others = new Set(taken.flatMap(listNames));
  const own = [...nodes.flatMap(({ outputs }) => outputs), ...initializers.map(({ name }) => name)];
  return new Map(own.flatMap((name) => (others.has(name) ? [[name, `${prefix}${name}`] as const] : [])));
}

function listNames({ nodes, initializers, inputs }: OnnxGraph): string[] {
  const made = nodes.flatMap(({ outputs }) => outputs);
  return [...made, ...[...initializers, ...inputs].map(({ name }) => name)];
}
