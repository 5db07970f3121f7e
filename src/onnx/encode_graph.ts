import { nameOperator } from "./blocked_operators.ts";
import { encodeModel } from "./codec.ts";
import type { Graph } from "./graph.ts";
import { createOnnxModel, type OnnxGraph, type OnnxModel } from "./onnx_model.ts";

/** A finished graph as an ONNX file. The caller owns the result. */
export function encodeGraph(graph: Graph, about: Partial<Omit<OnnxModel, "graph">> = {}): Uint8Array<ArrayBuffer> {
  return encodeModel(createOnnxModel(toOnnxGraph(graph), about));
}

function toOnnxGraph(graph: Graph): OnnxGraph {
  return {
    name: "firn",
    nodes: graph.nodes.map((node) => ({ ...node, ...nameOperator(node.op), name: node.outputs[0] ?? "" })),
    initializers: graph.constants,
    inputs: graph.inputs,
    outputs: graph.outputs,
  };
}
