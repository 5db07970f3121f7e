import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import type { Graph } from "../../onnx/graph.ts";
import { describeRuntimeError } from "../../onnx/runtime_error.ts";
import { findRequirement } from "../install_lines.ts";
import type { Carrier } from "./carrier.ts";
import { listPorts } from "./graph_ports.ts";
import type { SessionSettings } from "./session_options.ts";

/**
 * Loads a graph of one node, so that a device that is not there is told of before anything is trained.
 * @throws {Error} Then; the message says what the device needs and what installs it.
 */
export async function assertDeviceIsThere(carrier: Carrier, settings: SessionSettings): Promise<void> {
  try {
    const graph = createGraph();
    const runner = await carrier.load(graph, listPorts(graph), settings);
    await runner.release();
  } catch (cause) {
    const { wanted, install } = findRequirement("onnxruntime", settings.device);
    const problem = `onnxruntime cannot compute on ${settings.device} without ${wanted}`;
    throw new NotInstalledError({ problem: `${problem} (${describeRuntimeError(cause)})`, install, cause });
  }
}

function createGraph(): Graph {
  const type = { shape: [1], dataType: "float32" } as const;
  return {
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], attributes: {} }],
    constants: [],
    inputs: [{ name: "x", ...type, role: { kind: "samples" } }],
    outputs: [{ name: "y", ...type, role: { kind: "outputs" } }],
    rowLimit: undefined,
    types: new Map(),
  };
}
