import type { Attributes } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";

/** The values of the graph around it that a node uses within graphs of its own, beside its inputs. */
export function listCaptures({ attributes }: { readonly attributes: Attributes }): ValueName[] {
  return Object.values(attributes).flatMap((attribute) => {
    if (attribute.kind !== "graph") return [];
    const { nodes, inputs, initializers, outputs } = attribute.value;
    const own = new Set([
      "",
      ...[...inputs, ...initializers].map(({ name }) => name),
      ...nodes.flatMap((node) => node.outputs),
    ]);
    const used = [
      ...nodes.flatMap((node) => [...node.inputs, ...listCaptures(node)]),
      ...outputs.map(({ name }) => name),
    ];
    return [...new Set(used.filter((name) => !own.has(name)))];
  });
}
