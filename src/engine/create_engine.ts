import { describeUnknownName, describeValue, findNearestNames, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { flag, objectLike, oneOf, required, text } from "../core/options/value_rules.ts";
import { assertVectorsFit } from "../core/vector_limit.ts";
import type { ModelSpec } from "../onnx/layers/layer_spec.ts";
import { TRAINING_PRECISIONS, type TrainingPrecision } from "../onnx/precision/precision.ts";
import type { FrozenPart } from "../onnx/topology/find_frozen_part.ts";
import { DOUBLE_DEVICE } from "./device/double_driver.ts";
import type { Engine } from "./engine.ts";
import { ENGINE_KINDS, type EngineChoice, type EngineKind, readEngineVariable } from "./engine_kind.ts";
import type { ModelTopology } from "./model_topology.ts";
import { assertCarrierChoice } from "./onnxruntime/choose_carrier.ts";
import type { EvaluatedRows } from "./onnxruntime/constant_weights_cost.ts";
import { type CudaOptions, cudaOptionsRule } from "./onnxruntime/cuda/cuda_options.ts";
import type { ModelFacts } from "./onnxruntime/model_facts.ts";

/**
 * A model as an engine takes it: plain data, prepared once for all replicas. `movesState` says whether a step of
 * training may change the layers' state: moving statistics are changed, frozen weights are not.
 */
export type EngineModel =
  | {
      readonly kind: "onnxruntime";
      readonly spec: ModelSpec;
      readonly movesState: boolean;
      readonly facts: ModelFacts;
      /** What lies below the first trained layer, where that can be computed once a sample. */
      readonly frozenPart?: FrozenPart;
    }
  | {
      readonly kind: "tfjs";
      readonly topology: ModelTopology;
      /** Addresses of modules to import first: those that register custom layers. */
      readonly layerModules: readonly string[];
      readonly movesState: boolean;
    };

/** What a replica needs to load its engine: plain data. */
export interface EngineSpec {
  readonly model: EngineModel;
  /** "cpu", "webgpu", "cuda:0" … */
  readonly device: string;
  /** True computes what frozen layers give once a sample, where the model has such a part. Default: false. */
  readonly keepsFeatures?: boolean;
  /** How onnxruntime computes on CUDA; without effect on other devices. */
  readonly cuda?: CudaOptions;
  /** What training steps are computed in by onnxruntime, wherever that is. Default: "float32". */
  readonly precision?: TrainingPrecision;
  /** True lets flat vectors stay on a device that has memory of its own: nobody else computes with them. */
  readonly keepsVectors?: boolean;
}

const ENGINE_SPEC_RULES: OptionRules<EngineSpec> = {
  model: required(objectLike("a model as prepareModel makes it", "kind")),
  device: required(text()),
  keepsFeatures: flag(),
  cuda: cudaOptionsRule,
  precision: oneOf(TRAINING_PRECISIONS),
  keepsVectors: flag(),
};

/**
 * Makes of a model's topology what engines of a kind take.
 * @throws {UnsupportedLayerError} If a layer has no converter, and onnxruntime is to compute it.
 * @throws {RangeError} If onnxruntime is to compute it, and it has more weights than flat vectors hold.
 */
export async function prepareModel(
  kind: EngineKind,
  topology: ModelTopology,
  layerModules: readonly string[] = [],
): Promise<EngineModel> {
  // Layers of TF.js do not say whether they change their state.
  if (kind === "tfjs") return { kind, topology, layerModules, movesState: true };
  const { parseTopology } = await import("../onnx/topology/parse_topology.ts");
  const { movesState } = await import("../onnx/engine_graphs.ts");
  const { findFrozenPart } = await import("../onnx/topology/find_frozen_part.ts");
  const { findModelFacts } = await import("./onnxruntime/model_facts.ts");
  const spec = parseTopology(topology);
  assertVectorsFit("the model", { parameters: spec.layout.size, state: spec.stateLayout.size });
  const frozenPart = findFrozenPart(spec, topology);
  const facts = findModelFacts(spec);
  return { kind, spec, movesState: movesState(spec), facts, ...(frozenPart ? { frozenPart } : {}) };
}

/**
 * Loads an engine. Engines are imported here and nowhere else, so that a program pays for the one it uses.
 * @throws {Error} If the engine or the device is not there, or TF.js does not know a layer.
 */
export async function createEngine(spec: EngineSpec): Promise<Engine> {
  assertOptions("createEngine", spec, ENGINE_SPEC_RULES);
  const { model, device, keepsFeatures = false, cuda = {}, precision = "float32" } = spec;
  assertDevice(device);
  switch (model.kind) {
    case "onnxruntime": {
      const { createOnnxruntimeEngine } = await import("./onnxruntime/onnxruntime_engine.ts");
      const settings = {
        device,
        precision,
        ...(takesCudaOptions(device) && Object.keys(cuda).length > 0 ? { cuda } : {}),
      };
      const whole = await createOnnxruntimeEngine({ spec: model.spec, facts: model.facts, ...settings });
      const { frozenPart } = model;
      if (!frozenPart || !keepsFeatures) return whole;
      const { FeatureCacheEngine } = await import("./feature_cache/feature_cache_engine.ts");
      const { upper, ...cut } = frozenPart;
      const rest = await createOnnxruntimeEngine({ spec: upper, ...settings });
      const upperLayers = new Set(upper.layers.filter(({ kind }) => kind !== "input").map(({ name }) => name));
      return new FeatureCacheEngine({ whole, upper: rest, upperLayers, ...cut });
    }
    case "tfjs": {
      for (const address of model.layerModules) await import(address);
      const { createTfjsEngine } = await import("./tfjs/tfjs_engine.ts");
      return createTfjsEngine({ topology: model.topology, backend: chooseBackend(device) });
    }
  }
}

/**
 * Whether evaluation of so many rows pays for loading graphs with the weights as constants. The same on any number of
 * workers, as it may change the last bits of outputs.
 */
export async function paysConstantWeights(
  model: EngineModel,
  {
    devices,
    keepsFeatures = false,
    ...evaluated
  }: EvaluatedRows & Pick<EngineSpec, "keepsFeatures"> & { readonly devices: readonly string[] },
): Promise<boolean> {
  if (model.kind !== "onnxruntime" || devices.some((device) => device !== "cpu")) return false;
  const cost = await import("./onnxruntime/constant_weights_cost.ts");
  const { upper = model.spec } = (keepsFeatures && model.frozenPart) || {};
  return cost.paysConstantWeights(cost.measureForward(upper), evaluated);
}

/**
 * Decides "auto": once, on the coordinator, so that all replicas compute alike.
 * @throws {RangeError} If there is no engine of that name.
 */
export async function chooseEngine(choice: EngineChoice, topology: ModelTopology): Promise<EngineKind> {
  switch (choice) {
    case "onnxruntime":
    case "tfjs":
      return choice;
    case "auto": {
      const asked = readEngineVariable();
      if (asked !== undefined) return asked;
      const { findUnsupportedLayers } = await import("../onnx/topology/parse_topology.ts");
      return findUnsupportedLayers(topology).length === 0 ? "onnxruntime" : "tfjs";
    }
    default:
      throw new RangeRefusal(describeUnknownName("engine", choice, ["auto", ...ENGINE_KINDS]));
  }
}

/**
 * @throws {RangeError} If `device` is none of cpu, webgpu, cuda:NUMBER, nor the double of a device that tests use; the
 *   message says which of them is nearest.
 */
export function assertDevice(device: string): void {
  if (device !== DOUBLE_DEVICE) assertOfferedDevice(device);
}

/** @throws {RangeError} If `device` is none of those that are offered: cpu, webgpu, cuda:NUMBER. */
export function assertOfferedDevice(device: string): void {
  if (/^(cpu|webgpu|cuda:\d+)$/.test(device)) return;
  const [nearest] = findNearestNames(device, ["cpu", "webgpu", "cuda:0", "cuda:1"]);
  const hint = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  throw new RangeRefusal(`device must be cpu, webgpu or cuda:NUMBER, got ${describeValue(device)}${hint}`);
}

/**
 * Checks that the replicas of one process can compute on these devices, one each.
 * @throws {RangeError} If two threads are to use onnxruntime's WebGPU, which ends the process, or TF.js several GPUs,
 *   or the environment asks for a way to onnxruntime (FIRN_ORT) that does not lead there.
 */
export async function assertPlaces(engine: EngineKind, devices: readonly string[]): Promise<void> {
  if (engine === "tfjs") {
    for (const device of devices) chooseBackend(device);
    return;
  }
  const onWebGPU = devices.filter((device) => device === "webgpu").length;
  if (onWebGPU > 1) {
    throw new RangeRefusal(`onnxruntime computes on webgpu in one thread of a process: one worker, got ${onWebGPU}`);
  }
  for (const device of new Set(devices)) await assertCarrierChoice(device);
}

/**
 * Checks that options of CUDA have an effect.
 * @throws {RangeError} If another engine is to compute, or on no CUDA device.
 */
export function assertCudaOptions(engine: EngineKind, devices: readonly string[], cuda: CudaOptions): void {
  if (Object.values(cuda).every((value) => value === undefined)) return;
  const names = Object.keys(cuda).join(" and ");
  if (engine === "tfjs") throw new RangeRefusal(`${names}: options of onnxruntime on CUDA, got the engine tfjs`);
  if (devices.some(takesCudaOptions)) return;
  throw new RangeRefusal(`${names}: options of CUDA devices, got ${[...new Set(devices)].join("|")}`);
}

/** CUDA devices do, and the double for what is about copies. */
function takesCudaOptions(device: string): boolean {
  return device.startsWith("cuda") || device === DOUBLE_DEVICE;
}

/**
 * The TF.js backend that computes on a device. @throws {RangeError} If it is a GPU that TF.js cannot be told to take.
 */
export function chooseBackend(device: string): "auto" | "webgpu" | "tensorflow-gpu" {
  if (device === "cpu") return "auto";
  if (device === "webgpu") return "webgpu";
  if (device === "cuda:0") return "tensorflow-gpu";
  const rule =
    "TF.js sees one GPU, cuda:0 (CUDA_VISIBLE_DEVICES says which; onnxruntime, or replicas in processes, take several)";
  throw new RangeRefusal(`${rule}, got ${describeValue(device)}`);
}
