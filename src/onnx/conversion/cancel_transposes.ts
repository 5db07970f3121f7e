import { elementAt } from "../../core/element_at.ts";
import { ints, type OnnxGraph, type OnnxNode } from "../file/onnx_model.ts";
import { readInts } from "../ops/operands.ts";
import { countUses, renameInputs } from "./edit_graph.ts";

/** The graph in which two Transposes in a row are one, or none where the second undoes the first. */
export function cancelTransposes(graph: OnnxGraph): OnnxGraph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const orders = new Map<string, { readonly x: string; readonly order: readonly number[] }>();
  const renamed = new Map<string, string>();
  const nodes = graph.nodes.flatMap((before): readonly OnnxNode[] => {
    const node = { ...before, inputs: before.inputs.map((name) => renamed.get(name) ?? name) };
    if (node.op !== "Transpose" || !node.attributes.perm) return [node];
    const [[input = ""], [output = ""]] = [node.inputs, node.outputs];
    const own = readInts(node.attributes, "perm");
    const first = orders.get(input);
    const order = first ? own.map((axis) => elementAt(first.order, axis)) : own;
    const x = first?.x ?? input;
    if (order.every((axis, i) => axis === i) && !outputs.has(output)) {
      renamed.set(output, x);
      return [];
    }
    orders.set(output, { x, order });
    return [{ ...node, inputs: [x], attributes: { ...node.attributes, perm: ints(order) } }];
  });
  return dropUnread(renameInputs({ ...graph, nodes }, renamed));
}

/** Leaves out the Transposes that nothing reads any more. */
function dropUnread(graph: OnnxGraph): OnnxGraph {
  const uses = countUses(graph);
  const nodes = graph.nodes.filter(({ op, outputs }) => op !== "Transpose" || uses.has(elementAt(outputs, 0)));
  return nodes.length === graph.nodes.length ? graph : dropUnread({ ...graph, nodes });
}
