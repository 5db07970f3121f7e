import type { InferenceSession } from "onnxruntime-node";
import { assertWholeNumber, cannot } from "../../core/errors.ts";

/** Where sessions run and with how many threads. */
export interface SessionSettings {
  /** "cpu", "webgpu" or "cuda:NUMBER". */
  readonly device: string;
  /** Threads within one operator. One a replica: the replicas are what keeps the other cores busy. */
  readonly intraOpThreads: number;
}

/**
 * onnxruntime's options for one of our graphs. Nothing runs in parallel within a session, no thread spins between
 * runs, and everything that the optimizer knows is applied: it fuses Relu into the Gemm before it.
 * @throws {RangeError} If the device is not one of those, or the number of threads not a whole number of at least 1.
 */
export function createSessionOptions({ device, intraOpThreads }: SessionSettings): InferenceSession.SessionOptions {
  assertWholeNumber("create a session", "intraOpThreads", intraOpThreads, 1);
  return {
    executionProviders: [chooseProvider(device)],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    // The Node binding takes config entries as strings.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
}

function chooseProvider(device: string): InferenceSession.ExecutionProviderConfig {
  if (device === "cpu" || device === "webgpu") return device;
  const [, deviceId] = /^cuda:(\d+)$/.exec(device) ?? [];
  if (deviceId !== undefined) return { name: "cuda", deviceId: Number(deviceId) };
  throw new RangeError(cannot("choose a device", "cpu, webgpu or cuda:NUMBER", device));
}
