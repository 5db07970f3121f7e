import { readdir } from "node:fs/promises";
import { runCommand } from "../../src/cli/doctor/run_command.ts";
import type { Candidate } from "./gpu_report.ts";

/** The GPUs of this machine. */
export interface FoundGPUs {
  /** NVIDIA's, by index; the names say their memory and driver too. */
  readonly nvidia: readonly string[];
  /** Others that the kernel has a driver for, by the name of their device. */
  readonly others: readonly string[];
  /** Where nothing was found, one line each. */
  readonly reasons: readonly string[];
}

/** Looks for GPUs: nvidia-smi's list, and Linux's render nodes. */
export async function findGPUs(): Promise<FoundGPUs> {
  const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
  const { succeeded, stdout, complaint } = await runCommand("nvidia-smi", query);
  const nvidia = succeeded ? stdout.split("\n").filter((line) => line !== "") : [];
  const nodes = await readdir("/dev/dri").catch(() => []);
  const others = nvidia.length > 0 ? [] : nodes.filter((name) => name.startsWith("renderD"));
  return {
    nvidia,
    others,
    reasons: [
      ...(nvidia.length > 0 ? [] : [`nvidia-smi lists no GPU: ${complaint || "it printed nothing"}`]),
      ...(nvidia.length > 0 || others.length > 0 ? [] : ["the kernel has no render node for a GPU of another maker"]),
    ],
  };
}

/** What is to be tried: every CUDA device by onnxruntime, one by TF.js (it sees one a process), and WebGPU by both. */
export function listCandidates({ nvidia, others }: Pick<FoundGPUs, "nvidia" | "others">): Candidate[] {
  if (nvidia.length === 0 && others.length === 0) return [];
  const cuda = nvidia.map((_, index): Candidate => ({ engine: "onnxruntime", device: `cuda:${index}` }));
  const tfjs: Candidate[] = nvidia.length > 0 ? [{ engine: "tfjs", device: "cuda:0" }] : [];
  return [...cuda, { engine: "onnxruntime", device: "webgpu" }, ...tfjs, { engine: "tfjs", device: "webgpu" }];
}
