import process from "node:process";
import { describeValue, needs, RangeRefusal } from "../core/errors/errors.ts";
import { openProcessArena } from "../core/processes/open_process_arena.ts";
import type { EngineKind } from "../engine/engine_kind.ts";
import { listDevices } from "./list_devices.ts";

/** What a replica lives in: a Worker thread of this process, or a process of its own. */
export const ISOLATIONS = ["thread", "process"] as const;

/** One of them. */
export type Isolation = (typeof ISOLATIONS)[number];

/** What may be chosen; "auto" is left to the engine and the devices. */
export type IsolationChoice = "auto" | "thread" | "process";

/** Where a replica computes, as its own process sees it. */
export interface IsolatedDevice {
  readonly device: string;
  /** Variables that its process is started with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What is chosen for a cluster. */
export interface PlacedReplicas {
  readonly isolation: IsolationChoice;
  readonly workers: number;
  readonly devices: readonly string[];
}

/**
 * What replicas live in. "auto" is processes where a device cannot be used by threads side by side, else
 * threads. TF.js sees one GPU a process; onnxruntime computes on WebGPU in one thread of a process.
 */
export function resolveIsolation(engine: EngineKind, placed: PlacedReplicas): Isolation {
  const { isolation, workers } = placed;
  if (isolation !== "auto") return isolation;
  if (workers === 0) return "thread";
  const used = listDevices(placed);
  switch (engine) {
    case "tfjs":
      return used.some((device) => device.startsWith("cuda:") && device !== "cuda:0") ? "process" : "thread";
    case "onnxruntime":
      return used.filter((device) => device === "webgpu").length > 1 ? "process" : "thread";
  }
}

/**
 * Makes the choice and, for processes, opens the arena in which they share memory.
 * @throws {RefusalError} If the system does not let processes share memory.
 */
export async function settleIsolation<Options extends PlacedReplicas>(
  engine: EngineKind,
  options: Options,
): Promise<Options & { readonly isolation: Isolation }> {
  const isolation = resolveIsolation(engine, options);
  if (isolation === "process") await openProcessArena();
  return { ...options, isolation };
}

/**
 * A device for a replica in a process of its own. TF.js takes the only GPU that its process sees.
 * @param coordinator The GPUs that the coordinator sees; none of them hidden where that is undefined.
 * @throws {RangeError} If the coordinator does not see that GPU.
 */
export function isolateDevice(
  engine: EngineKind,
  device: string,
  coordinator: { readonly visible: string | undefined } = { visible: process.env.CUDA_VISIBLE_DEVICES },
): IsolatedDevice {
  const index = /^cuda:(\d+)$/.exec(device)?.[1];
  if (engine !== "tfjs" || index === undefined) return { device, environment: {} };
  const { visible } = coordinator;
  const gpus = visible?.split(",").map((gpu) => gpu.trim());
  const gpu = gpus ? gpus[Number(index)] : index;
  if (!gpus || gpu !== undefined) return { device: "cuda:0", environment: { CUDA_VISIBLE_DEVICES: gpu ?? index } };
  const range = `cuda:0 to cuda:${gpus.length - 1}`;
  const rule = `one of the ${gpus.length} GPUs of CUDA_VISIBLE_DEVICES=${describeValue(visible)}, ${range}`;
  throw new RangeRefusal(needs("device", rule, device));
}
