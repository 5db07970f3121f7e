import { cannot, describeUnknownName } from "../core/errors.ts";
import type { Engine } from "./engine.ts";
import type { ModelTopology } from "./model_topology.ts";

/** The engines there are. */
export const ENGINE_KINDS = ["onnxruntime", "tfjs"] as const;

/** Which engine computes a model; "auto" is onnxruntime where it knows every layer, else tfjs. */
export type EngineChoice = "auto" | (typeof ENGINE_KINDS)[number];

/** What a replica needs to load its engine: plain data. */
export interface EngineSpec {
  readonly kind: (typeof ENGINE_KINDS)[number];
  readonly topology: ModelTopology;
  /** "cpu", "webgpu", "cuda:0" … */
  readonly device: string;
}

/**
 * Loads an engine. Engines are imported here and nowhere else, so that a program pays for the one it uses.
 * @throws {Error} If the engine or the device is not there, or a layer is not known to the engine.
 */
export async function createEngine({ kind, topology, device }: EngineSpec): Promise<Engine> {
  assertDevice(device);
  switch (kind) {
    case "onnxruntime": {
      const { createOnnxruntimeEngine } = await import("./onnxruntime/onnxruntime_engine.ts");
      return createOnnxruntimeEngine({ topology, device });
    }
    case "tfjs": {
      const { createTfjsEngine } = await import("./tfjs/tfjs_engine.ts");
      return createTfjsEngine({ topology, backend: chooseBackend(device) });
    }
  }
}

/**
 * Decides "auto": once, on the coordinator, so that all replicas compute alike.
 * @throws {RangeError} If there is no engine of that name.
 */
export async function chooseEngine(choice: EngineChoice, topology: ModelTopology): Promise<EngineSpec["kind"]> {
  switch (choice) {
    case "onnxruntime":
    case "tfjs":
      return choice;
    case "auto": {
      const { findUnsupportedLayers } = await import("../onnx/parse_topology.ts");
      return findUnsupportedLayers(topology).length === 0 ? "onnxruntime" : "tfjs";
    }
    default:
      throw new RangeError(
        `Cannot choose an engine: ${describeUnknownName("engine", choice, ["auto", ...ENGINE_KINDS])}`,
      );
  }
}

/** @throws {RangeError} If `device` is none of cpu, webgpu, cuda:NUMBER. */
export function assertDevice(device: string): void {
  if (!/^(cpu|webgpu|cuda:\d+)$/.test(device)) {
    throw new RangeError(cannot("choose a device", "cpu, webgpu or cuda:NUMBER", device));
  }
}

function chooseBackend(device: string): "auto" | "webgpu" | "tensorflow-gpu" {
  if (device === "cpu") return "auto";
  return device === "webgpu" ? "webgpu" : "tensorflow-gpu";
}
