import type { Graph } from "../../onnx/graph.ts";
import { describeRuntimeError } from "../../onnx/runtime_error.ts";
import { findRequirement } from "../install_lines.ts";
import type { Carrier } from "./carrier.ts";
import { findCudaProvider } from "./cuda/cuda_provider.ts";
import { explainCuda } from "./cuda/explain_cuda.ts";
import { encodeGraphFile } from "./graph_file.ts";
import { refuseDevice } from "./refuse_device.ts";
import { parseDevice, type SessionSettings } from "./session_options.ts";

/**
 * Loads a graph of one node, so that a device that is not there is told of before anything is trained.
 * @throws {Error} Then; the message says what the device needs and what installs it.
 */
export async function assertDeviceIsThere(carrier: Carrier, settings: SessionSettings): Promise<void> {
  const isCuda = parseDevice(settings.device).kind === "cuda";
  const provider = isCuda ? findCudaProvider() : undefined;
  // onnxruntime would write to standard error what the refusal says.
  if (provider && provider.kind !== "loadable") throw refuseDevice(settings.device, explainCuda(provider));
  try {
    const runner = await carrier.load(encodeGraphFile(createGraph()), settings);
    await runner.release();
  } catch (cause) {
    const words = describeRuntimeError(cause);
    if (provider) throw refuseDevice(settings.device, { ...explainCuda(provider, words), cause });
    const { wanted, install } = findRequirement("onnxruntime", settings.device);
    throw refuseDevice(settings.device, { problem: `it needs ${wanted} (${words})`, install, cause });
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
