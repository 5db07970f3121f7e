import type { OnnxSource, SourceAttribute, SourceFunction, SourceNode } from "./onnx_source.ts";

/** The nodes with every call of one of the file's own functions replaced by the function's nodes. */
export function inlineFunctions({ nodes, functions }: Pick<OnnxSource, "nodes" | "functions">): readonly SourceNode[] {
  const byName = new Map(functions.map((definition) => [keyOf(definition.domain, definition.name), definition]));
  let calls = 0;
  const inline = (node: SourceNode): readonly SourceNode[] => {
    const definition = byName.get(keyOf(node.domain, node.op));
    if (!definition) return [node];
    calls += 1;
    return expand(node, definition, `${node.name || node.op}.${calls}`).flatMap(inline);
  };
  return byName.size === 0 ? nodes : nodes.flatMap(inline);
}

function keyOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}

/** The function's nodes, with the call's values in place of its inputs and outputs and names of their own between. */
function expand(call: SourceNode, definition: SourceFunction, prefix: string): SourceNode[] {
  const names = new Map<string, string>([["", ""]]);
  for (const [i, name] of definition.inputs.entries()) names.set(name, call.inputs[i] ?? "");
  for (const [i, name] of definition.outputs.entries()) names.set(name, call.outputs[i] ?? `${prefix}/${name}`);
  const rename = (name: string) => names.get(name) ?? `${prefix}/${name}`;
  return definition.nodes.map((node) => ({
    ...node,
    name: `${prefix}/${node.name}`,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: resolveAttributes(node.attributes, { ...definition.defaults, ...call.attributes }),
  }));
}

/** Attributes that stand for one of the call's; those that the call leaves out are left out. */
function resolveAttributes(
  attributes: Readonly<Record<string, SourceAttribute>>,
  given: Readonly<Record<string, SourceAttribute>>,
): Readonly<Record<string, SourceAttribute>> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      if (attribute.kind !== "reference") return [[name, attribute] as const];
      const value = given[attribute.value];
      return value ? [[name, value] as const] : [];
    }),
  );
}
