import type { InferenceSession } from "onnxruntime-node";
import { assertWholeNumber, describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { Graph } from "../../onnx/graph.ts";
import { listProcessorNodes } from "./processor_nodes.ts";

/** Where sessions run and with how many threads. */
export interface SessionSettings {
  /** "cpu", "webgpu" or "cuda:NUMBER". */
  readonly device: string;
  /** Threads within one operator. One a replica: the replicas are what keeps the other cores busy. */
  readonly intraOpThreads: number;
}

/**
 * onnxruntime's options for one of our graphs. Nothing runs in parallel within a session, no thread spins between
 * runs, and everything that the optimizer knows is applied where it is right: it fuses Relu into the Gemm before it.
 * @param graph On WebGPU some of its nodes are left to the processor.
 * @throws {RangeError} If the device is not one of those, or the number of threads not a whole number of at least 1.
 */
export function createSessionOptions(
  { device, intraOpThreads }: SessionSettings,
  graph?: Graph,
): InferenceSession.SessionOptions {
  assertWholeNumber("session", "intraOpThreads", intraOpThreads, 1);
  return {
    executionProviders: [chooseProvider(device, graph)],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // On WebGPU more than "basic" puts two activations in a row into the convolution before them, and the first is
    // lost.
    graphOptimizationLevel: device === "webgpu" ? "basic" : "all",
    logSeverityLevel: 3,
    // The Node binding takes config entries as strings.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
}

function chooseProvider(device: string, graph: Graph | undefined): InferenceSession.ExecutionProviderConfig {
  if (device === "cpu") return device;
  if (device === "webgpu") {
    const forceCpuNodeNames = graph ? listProcessorNodes(graph) : [];
    // The binding refuses an empty list.
    return forceCpuNodeNames.length === 0 ? device : { name: device, forceCpuNodeNames };
  }
  const [, deviceId] = /^cuda:(\d+)$/.exec(device) ?? [];
  if (deviceId !== undefined) return { name: "cuda", deviceId: Number(deviceId) };
  throw new RangeRefusal(`device must be cpu, webgpu or cuda:NUMBER, got ${describeValue(device)}`);
}
