import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { lacksCudaProvider } from "./cuda/cuda_provider.ts";
import { explainCuda } from "./cuda/explain_cuda.ts";

/** Why a device is not there, and what installs it. */
export interface DeviceProblem {
  readonly problem: string;
  readonly install: string;
  readonly cause?: unknown;
}

/** The refusal of a device that is not there. */
export function refuseDevice(device: string, { problem, install, cause }: DeviceProblem): NotInstalledError {
  return new NotInstalledError({ problem: `onnxruntime cannot compute on ${device}: ${problem}`, install, cause });
}

/** The refusal of a device, where files that are not there say enough. Loads nothing. */
export function findMissingDevice(device: string): NotInstalledError | undefined {
  if (!device.startsWith("cuda") || !lacksCudaProvider()) return undefined;
  return refuseDevice(device, explainCuda({ kind: "absent" }));
}
