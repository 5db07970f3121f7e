import { nameOperator } from "../blocks/blocked_operators.ts";
import type { Graph, GraphNode } from "../graph.ts";
import { encodeModel } from "./encode_model.ts";
import { createOnnxModel, type OnnxGraph } from "./onnx_model.ts";

/** A finished graph as an ONNX file. The caller owns the result. */
export function encodeGraph(graph: Graph): Uint8Array<ArrayBuffer> {
  return encodeModel(createOnnxModel(toOnnxGraph(graph)));
}

/** What a node is called in the file: by its first output. */
export function nameNode({ outputs: [first = ""] }: GraphNode): string {
  return first;
}

/** The part of a file that a graph is; also of the file of another graph that it is within. */
export function toOnnxGraph(graph: Graph, name = "firn"): OnnxGraph {
  return {
    name,
    nodes: graph.nodes.map((node) => ({ ...node, ...nameOperator(node.op), name: nameNode(node) })),
    initializers: graph.constants,
    inputs: graph.inputs,
    outputs: graph.outputs,
  };
}
