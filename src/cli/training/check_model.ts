import type * as tf from "@tensorflow/tfjs";
import { type Isolation, isolateDevice } from "../../cluster/isolation.ts";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { fitShape } from "../../core/fit_shape.ts";
import { describeTargetForm, type TargetForm } from "../../data/float_targets.ts";
import { assertPlaces } from "../../engine/create_engine.ts";
import type { EngineKind } from "../../engine/engine_kind.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { hasAdapters } from "../../onnx/export/merge_adapters.ts";
import { findUnsupportedLayers, parseTopology } from "../../onnx/topology/parse_topology.ts";
import type { RunConfig } from "../../runs/run_config.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import type { Benchmark } from "../../streams/experience.ts";

/** What a run needs its model to be. */
export interface ModelDemands {
  readonly topology: ModelTopology;
  readonly benchmark: Pick<Benchmark, "sampleShape" | "classNames" | "trainStream">;
  /** Of the model: fewer than the benchmark's where a run goes on with experiences that bring others. */
  readonly numClasses: number;
  readonly engine: EngineKind;
  readonly exportsModels: boolean;
}

/**
 * Refuses a model that the run would fail with, before anything is written.
 * @throws {RangeError} If it cannot be trained or exported, or does not fit the benchmark's samples and classes.
 */
export async function assertModelFits(model: tf.LayersModel, demands: ModelDemands): Promise<void> {
  const { topology, benchmark, engine, exportsModels } = demands;
  const { assertTrainableModel } = await import("../../engine/tfjs/model_loading.ts");
  const { findTaskLabelsInput } = await import("../../engine/tfjs/model_inputs.ts");
  const outputs = assertTrainableModel(model);
  if (engine === "tfjs") {
    const { assertDifferentiable } = await import("../../engine/tfjs/assert_differentiable.ts");
    assertDifferentiable(model);
  }
  const shape = elementAt(model.inputs, findTaskLabelsInput(model) === 0 ? 1 : 0).shape.slice(1);
  const { sampleShape, classNames } = benchmark;
  if (!fitShape(sampleShape, shape)) {
    const own = `model "${model.name}" takes samples of shape ${describeValue(shape)}`;
    throw new RangeRefusal(`${own}, the benchmark has ${describeValue([...sampleShape])}`);
  }
  const form = readTargetForm(benchmark);
  if (form.kind !== "classes") assertOutputs(model, { topology, outputs, form });
  else if (outputs < classNames.length && listGrowingHeads(topology).length === 0) {
    const rule = `at least ${classNames.length} outputs, one a class of the benchmark, or a head that grows`;
    const added = classNames.slice(demands.numClasses);
    const cause = added.length > 0 ? ` (new classes: ${describeValue(added)})` : "";
    throw new RangeRefusal(`model "${model.name}" must have ${rule}, got ${outputs}${cause}`);
  }
  const reasons = exportsModels || engine === "onnxruntime" ? findUnsupportedLayers(topology) : [];
  if (reasons.length === 0) return;
  const hint = exportsModels ? " (--no-onnx leaves the export out)" : "";
  throw new RangeRefusal(`${reasons.join("; ")}${hint}`);
}

/** @throws {RangeError} If adapters are to stay in exported files where there are none, or no such files. */
export function assertAdaptersKept(
  { keepAdapters, exportsModels }: Pick<RunConfig, "keepAdapters" | "exportsModels">,
  topology: ModelTopology,
): void {
  if (!keepAdapters) return;
  if (!exportsModels) throw new RangeRefusal("--keep-adapters needs models that are exported: leave --no-onnx out");
  if (hasAdapters(parseTopology(topology))) return;
  throw new RangeRefusal("--keep-adapters needs a model with adapters, such as onnx:path=FILE,adapter=lora");
}

/** @throws {RangeError} If there is not one output a number to predict. */
function assertOutputs(
  { name }: tf.LayersModel,
  { topology, outputs, form }: Pick<ModelDemands, "topology"> & { outputs: number; form: TargetForm },
): void {
  const wanted = `one output a target, where targets are ${describeTargetForm(form)}`;
  const isGrowing = listGrowingHeads(topology).length > 0;
  if (!isGrowing && outputs === form.width) return;
  const got = isGrowing ? "a head that grows with classes" : outputs;
  throw new RangeRefusal(`model "${name}" must have ${wanted}, got ${got}`);
}

/**
 * Refuses devices that are not there with what the doctor says of them.
 * @param devices One a replica.
 * @throws {RangeError} If the processes that replicas live in cannot compute on these.
 */
export async function assertDevicesAreThere(
  devices: readonly string[],
  { engine, isolation }: { readonly engine: EngineKind; readonly isolation: Isolation },
): Promise<void> {
  const isolate = (device: string) =>
    isolation === "process" ? isolateDevice(engine, device) : { device, environment: {} };
  const seen = devices.map((device) => isolate(device).device);
  for (const group of isolation === "process" ? seen.map((device) => [device]) : [seen]) {
    await assertPlaces(engine, group);
  }
  const others = new Set(devices.filter((device) => device !== "cpu"));
  if (others.size === 0) return;
  const { findDevice } = await import("../doctor/find_engines.ts");
  for (const device of others) {
    const { isThere, detail, install } = await findDevice(engine, isolate(device));
    if (isThere) continue;
    throw new RefusalError(`--device ${device}: ${detail}; install it with: ${install}`);
  }
}
