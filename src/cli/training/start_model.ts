import { join } from "node:path";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { TargetForm } from "../../data/float_targets.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { findRunModel, readKeptModel } from "../../runs/models/find_kept_model.ts";
import { encodeModel, type KeptModel } from "../../runs/models/kept_model.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import type { RunDirectory } from "../../runs/run_directory.ts";
import { START_MODEL_FILE } from "../../runs/run_files.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { formatNamed } from "../options/parse_named.ts";
import type { TrainConfig } from "./config/train_config.ts";

/**
 * The model of another run, where a run begins with one; undefined where its model is drawn. A run that goes on has its
 * own copy: the other run may be gone or trained further by then.
 * @param directory The folder of a run that goes on; undefined for a new one.
 * @throws {RefusalError} If there is none, or the copy is not what the run began with.
 */
export async function findStartModel(
  { model, startParametersHash }: TrainConfig,
  directory: string | undefined,
): Promise<KeptModel | undefined> {
  const path = String(model.options.path);
  if (model.name !== "run" && model.name !== "checkpoint") return undefined;
  if (directory === undefined) return model.name === "run" ? findRunModel(path) : readKeptModel(path);
  const copy = join(directory, START_MODEL_FILE);
  const kept = await readKeptModel(copy);
  if (kept.parametersHash === startParametersHash) return kept;
  const [wanted, got] = [startParametersHash, kept.parametersHash].map(describeValue);
  throw new RangeRefusal(`${copy}: the parameters must be those that the run began with, ${wanted}, got ${got}`);
}

/** Puts a copy of it into the folder of the run that begins with it. */
export async function keepStartModel(directory: RunDirectory, start: KeptModel): Promise<void> {
  await directory.writeFile(START_MODEL_FILE, encodeModel(start));
}

/**
 * Refuses a model whose outputs would mean something else in the new run.
 * @throws {RangeRefusal} If classes, targets or tasks of the benchmark are not those of the model.
 */
export function assertStartFits(choice: NamedChoice, start: KeptModel, benchmark: Benchmark): void {
  const { classNames, isTaskIncremental } = benchmark;
  const [subject, kinds] = [formatNamed(choice), listGrowingHeads(start.topology).map(({ kind }) => kind)];
  if (kinds.includes("progressive")) {
    throw new RangeRefusal(`${subject}: a progressive network goes on with new tasks by --continue alone`);
  }
  if (kinds.includes("multi-head") && !isTaskIncremental) {
    throw new RangeRefusal(`${subject}: its model has a head a task and requires a benchmark with taskLabels=true`);
  }
  if (start.targetNames) {
    assertSameTargets(subject, start.targetNames, readTargetForm(benchmark));
    return;
  }
  const shared = Math.min(start.classNames.length, classNames.length);
  if (start.classNames.slice(0, shared).every((name, id) => name === classNames[id])) return;
  const [own, other] = [start.classNames, classNames].map(describeValue);
  throw new RangeRefusal(`${subject}: its outputs stand for the classes ${own}, those of the benchmark for ${other}`);
}

function assertSameTargets(subject: string, own: readonly string[], { names }: TargetForm): void {
  if (JSON.stringify(own) === JSON.stringify(names)) return;
  const other = names ? describeValue(names) : "others";
  throw new RangeRefusal(
    `${subject}: its outputs stand for the targets ${describeValue(own)}, those of the benchmark for ${other}`,
  );
}
