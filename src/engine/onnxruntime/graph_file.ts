import { encodeGraph } from "../../onnx/file/encode_graph.ts";
import type { Graph, RowLimit } from "../../onnx/graph.ts";
import type { MadeGraph } from "../engine.ts";
import { listProcessorNodes } from "./addon/processor_nodes.ts";
import { type GraphPorts, listPorts } from "./graph_ports.ts";

/** A graph in the form in which it is loaded: plain data, so that one thread can make it for others. */
export interface GraphFile extends MadeGraph {
  readonly ports: GraphPorts;
  /** Undefined where one row will do. */
  readonly rowLimit: RowLimit | undefined;
  /** The names of the nodes that the processor must compute where the device is WebGPU. */
  readonly processorNodes: readonly string[];
}

/** The file of a finished graph. The caller owns the result. */
export function encodeGraphFile(graph: Graph): GraphFile {
  const { rowLimit } = graph;
  return { model: encodeGraph(graph), ports: listPorts(graph), rowLimit, processorNodes: listProcessorNodes(graph) };
}
