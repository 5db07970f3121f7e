import { ints } from "../file/onnx_model.ts";
import type { GraphNode, ValueName } from "../graph.ts";
import { readGraph, readInt, readInts } from "../ops/operands.ts";

/** The same Scan without the sequences that nobody needs; last states stay, as its body hands them on. */
export function dropStacks(node: GraphNode, needed: ReadonlySet<ValueName>): GraphNode {
  const body = readGraph(node.attributes, "body");
  const states = node.inputs.length - readInt(node.attributes, "num_scan_inputs", 0);
  const isKept = (place: number) => place < states || needed.has(node.outputs[place] ?? "");
  const directions = readInts(node.attributes, "scan_output_directions");
  return {
    ...node,
    outputs: node.outputs.filter((_, place) => isKept(place)),
    attributes: {
      ...node.attributes,
      body: { kind: "graph", value: { ...body, outputs: body.outputs.filter((_, place) => isKept(place)) } },
      scan_output_directions: ints(directions.filter((_, i) => isKept(states + i))),
    },
  };
}
