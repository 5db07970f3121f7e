import { elementAt } from "../core/element_at.ts";
import type { OnnxTensor } from "./file/onnx_model.ts";
import type { Graph, GraphNode, ValueName } from "./graph.ts";

/** −∞, the largest of which with anything is that. */
const LOWEST: OnnxTensor = {
  name: "lowest",
  shape: [],
  dataType: "float32",
  bytes: new Uint8Array(Float32Array.of(Number.NEGATIVE_INFINITY).buffer),
};

/**
 * The same graph with a Max that changes nothing between every Pad and the pool that takes what it gives. onnxruntime
 * 1.30 makes one node of the two: a MaxPool then passes the zeros over, and padding as wide as the window is refused.
 * It leaves alone a MaxPool that tells positions.
 */
export function separatePads(graph: Graph): Graph {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const types = new Map(graph.types);
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [x = "", ...others] = node.inputs;
    const isPool = node.op === "AveragePool" || (node.op === "MaxPool" && node.outputs.length === 1);
    const type = types.get(x);
    if (!isPool || !type || !isPadded(x, makers)) return [node];
    const separate = `${x}/separate`;
    const isThere = types.has(separate);
    types.set(separate, type);
    const guard: GraphNode = { op: "Max", inputs: [x, LOWEST.name], outputs: [separate], attributes: {} };
    return [...(isThere ? [] : [guard]), { ...node, inputs: [separate, ...others] }];
  });
  if (types.size === graph.types.size) return graph;
  types.set(LOWEST.name, { shape: LOWEST.shape, dataType: LOWEST.dataType });
  return { ...graph, nodes, types, constants: [...graph.constants, LOWEST] };
}

/** onnxruntime moves transposes out of the way. */
function isPadded(x: ValueName, makers: ReadonlyMap<ValueName, GraphNode>): boolean {
  const maker = makers.get(x);
  return maker?.op === "Pad" || (maker?.op === "Transpose" && isPadded(elementAt(maker.inputs, 0), makers));
}
