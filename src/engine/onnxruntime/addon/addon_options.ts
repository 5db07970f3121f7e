import type { InferenceSession } from "onnxruntime-node";
import { CONFIG_ENTRIES, parseDevice, type SessionDevice, type SessionSettings } from "../session_options.ts";

/**
 * The addon's options for one of our graphs. Everything that onnxruntime's optimizer knows is applied where it is
 * right: it fuses Relu into the Gemm before it.
 * @param processorNodes On WebGPU these are left to the processor.
 */
export function createAddonOptions(
  { device: name, intraOpThreads }: SessionSettings,
  processorNodes: readonly string[] = [],
): InferenceSession.SessionOptions {
  const device = parseDevice(name);
  return {
    executionProviders: [chooseProvider(device, processorNodes)],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // A pattern is a second block for all that a run computes, beside what the first run took.
    enableMemPattern: false,
    // On WebGPU more than "basic" puts two activations in a row into the convolution before them, and the first is
    // lost.
    graphOptimizationLevel: device.kind === "webgpu" ? "basic" : "all",
    logSeverityLevel: 3,
    extra: CONFIG_ENTRIES,
  };
}

function chooseProvider(
  device: SessionDevice,
  processorNodes: readonly string[],
): InferenceSession.ExecutionProviderConfig {
  switch (device.kind) {
    case "cpu":
      return device.kind;
    case "webgpu":
      // The binding refuses an empty list.
      return processorNodes.length === 0 ? device.kind : { name: device.kind, forceCpuNodeNames: [...processorNodes] };
    case "cuda":
      return { name: device.kind, deviceId: device.deviceId };
  }
}
