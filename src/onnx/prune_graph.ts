import type { Graph, GraphNode, ValueName } from "./graph.ts";
import { dropStacks } from "./scan/drop_stacks.ts";
import { listCaptures } from "./scan/list_captures.ts";

/** The same graph without nodes, constants and inputs that no output needs. */
export function pruneGraph(graph: Graph): Graph {
  const renamed = renameOutputs(graph.nodes, graph);
  const needed = new Set<ValueName>(graph.outputs.map(({ name }) => name));
  const kept: GraphNode[] = [];
  for (const node of renamed.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of [...node.inputs, ...listCaptures(node)]) needed.add(name);
    kept.push(node.op === "Scan" ? dropStacks(node, needed) : { ...node, outputs: dropUnneeded(node, needed) });
  }
  return {
    nodes: kept.reverse(),
    constants: graph.constants.filter(({ name }) => needed.has(name)),
    inputs: graph.inputs.filter(({ name }) => needed.has(name)),
    outputs: graph.outputs,
    rowLimit: graph.rowLimit,
    types: graph.types,
  };
}

/**
 * An operator computes less when outputs at the end of its list are not asked for; the parts of a Split must all be
 * there.
 */
function dropUnneeded({ op, outputs }: GraphNode, needed: ReadonlySet<ValueName>): readonly ValueName[] {
  if (op === "Split") return outputs;
  return outputs.slice(0, outputs.findLastIndex((name) => needed.has(name)) + 1);
}

/**
 * Lets the node that makes an output write it under the output's name, in place of a copy by Identity; onnxruntime
 * would otherwise copy every gradient once more. A value that is an input, a constant, an output twice or used
 * in a graph within the graph keeps its Identity.
 */
function renameOutputs(nodes: readonly GraphNode[], graph: Graph): GraphNode[] {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const made = new Set(nodes.filter(({ op }) => op !== "Identity").flatMap((node) => node.outputs));
  const captured = new Set(nodes.flatMap(listCaptures));
  const names = new Map<ValueName, ValueName>();
  const dropped = new Set<GraphNode>();
  for (const node of nodes) {
    const [from = ""] = node.inputs;
    const [to = ""] = node.outputs;
    if (node.op !== "Identity" || !outputs.has(to) || !made.has(from) || names.has(from) || captured.has(from))
      continue;
    names.set(from, to);
    dropped.add(node);
  }
  const rename = (name: ValueName) => names.get(name) ?? name;
  return nodes
    .filter((node) => !dropped.has(node))
    .map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
}
