import { assertWholeNumber, describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { DOUBLE_DEVICE } from "../device/double_driver.ts";
import type { CudaSettings } from "./cuda/cuda_options.ts";

/** Where sessions run and with how many threads. */
export interface SessionSettings {
  /** "cpu", "webgpu" or "cuda:NUMBER". */
  readonly device: string;
  /** Threads within one operator. One a replica: the replicas are what keeps the other cores busy. */
  readonly intraOpThreads: number;
  /** For CUDA devices. Default: onnxruntime's defaults. */
  readonly cuda?: CudaSettings | undefined;
}

/** A device as onnxruntime's providers know it. */
export type SessionDevice = { readonly kind: "cpu" | "webgpu" } | { readonly kind: "cuda"; readonly deviceId: number };

/** Nothing runs in parallel within a session, and no thread spins between runs. */
export const CONFIG_ENTRIES: Readonly<Record<string, string>> = {
  "session.intra_op.allow_spinning": "0",
  "session.inter_op.allow_spinning": "0",
};

/** @throws {RangeError} If the device is none of those, or the number of threads not a whole number of at least 1. */
export function assertSettings({ device, intraOpThreads }: SessionSettings): void {
  assertWholeNumber("session", "intraOpThreads", intraOpThreads, 1);
  parseDevice(device);
}

/** @throws {RangeError} If the device is none of "cpu", "webgpu", "cuda:NUMBER". */
export function parseDevice(device: string): SessionDevice {
  if (device === "cpu" || device === "webgpu") return { kind: device };
  if (device === DOUBLE_DEVICE) return { kind: "cpu" };
  const [, deviceId] = /^cuda:(\d+)$/.exec(device) ?? [];
  if (deviceId !== undefined) return { kind: "cuda", deviceId: Number(deviceId) };
  throw new RangeRefusal(`device must be cpu, webgpu or cuda:NUMBER, got ${describeValue(device)}`);
}
