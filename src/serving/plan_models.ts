import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { RangeRefusal, RefusalError } from "../core/errors/errors.ts";
import { isSystemError } from "../core/errors/system_error.ts";
import { JOURNAL_PATH } from "../data/readers/read_sample_folder.ts";
import { assertSetFits } from "./gate/assert_set_fits.ts";
import { createSampleGate, type GateSource } from "./gate/gate_source.ts";
import { readGateFolder } from "./gate/read_gate_folder.ts";
import { createRunGate } from "./gate/run_gate.ts";
import { parseServedFile, type ServedFile } from "./model_file/served_file.ts";
import type { ModelSurroundings } from "./repository/served_model.ts";
import { createRunPlace, findModelPlace, listVersionFiles, type ModelPlace } from "./repository/version_files.ts";
import type { ModelOptions, ResolvedServeOptions, ServeOptions } from "./serve_options.ts";

/** A model that can be served, before anything is written. */
export interface ModelPlan extends Pick<ModelSurroundings, "gate" | "policy" | "tell"> {
  readonly name: string;
  readonly place: ModelPlace;
  readonly journalPath: string;
  readonly feedback: string | undefined;
}

/**
 * Looks at what is to be served, and writes nothing.
 * @param given The options as they were written: who names a limit asks for it.
 * @throws {RefusalError} If a path holds no models, two models have one name, or held samples cannot be used.
 */
export async function planModels(options: ResolvedServeOptions, given: ServeOptions): Promise<readonly ModelPlan[]> {
  const plans: ModelPlan[] = [];
  for (const model of options.models) {
    const name = model.name ?? nameModel(model.path);
    if (plans.some((other) => other.name === name)) {
      throw new RangeRefusal(`serve: two models are called ${JSON.stringify(name)}: name one of them otherwise`);
    }
    plans.push(await planModel({ ...model, name }, options, given));
  }
  return plans;
}

async function planModel(
  { path, name, gate, feedback, isRun = false }: ModelOptions & { readonly name: string },
  options: ResolvedServeOptions,
  given: ServeOptions,
): Promise<ModelPlan> {
  const { maxForgetting, minAccuracy, shadow, canary, keep, maxBatch, journal, tell = () => undefined } = options;
  const limits = { maxForgetting, minAccuracy };
  const place = isRun ? createRunPlace(path) : await findModelPlace(path);
  const source = typeof gate === "string" ? await openGate(gate, place) : (gate ?? createDefault(place, path));
  if (source) await assertGateFits(source, place);
  const refusesUnmeasured = asksForAccuracy(given, typeof gate === "string");
  const folder = place.isRun ? path : place.kind === "file" ? dirname(path) : place.path;
  return {
    name,
    place,
    feedback,
    journalPath: resolve(journal ?? join(folder, ...JOURNAL_PATH)),
    policy: { limits, refusesUnmeasured, candidateShare: shadow ? 0 : canary, keep, maxBatch },
    gate: source,
    tell,
  };
}

/** Who names a limit, or held samples, wants it kept, also by files of which nothing is known. */
function asksForAccuracy(
  { maxForgetting, minAccuracy, allowUnmeasured = false }: ServeOptions,
  hasSamples: boolean,
): boolean {
  const [most, least] = [maxForgetting ?? (hasSamples ? 0 : 1), minAccuracy ?? 0];
  return !allowUnmeasured && (most < 1 || least > 0);
}

/** @throws {RefusalError} If it holds nothing to measure the newest version on. */
async function openGate(folder: string, place: ModelPlace): Promise<GateSource> {
  const sets = await readGateFolder(folder);
  const newest = (await listVersionFiles(place)).at(-1);
  const [first] = sets;
  if (newest && first && first.experience > Number(newest.version)) {
    const measured = `held samples begin with experience ${first.experience}`;
    throw new RefusalError(`${folder}: ${measured}, and the newest version is ${newest.version}: none is measured`);
  }
  return createSampleGate(sets);
}

/** @throws {RangeRefusal} If the newest version cannot answer the held samples rightly, whatever it has learnt. */
async function assertGateFits(gate: GateSource, place: ModelPlace): Promise<void> {
  const newest = (await listVersionFiles(place)).at(-1);
  const sets = newest ? await gate.sets(Number(newest.version)) : [];
  const file = newest && sets.length > 0 ? await readServedFile(newest.path) : undefined;
  if (file) for (const set of sets) assertSetFits(set, file);
}

/** Undefined where it is no model: that is told when it is loaded. */
async function readServedFile(path: string): Promise<ServedFile | undefined> {
  try {
    return parseServedFile(await readFile(path), path);
  } catch (error) {
    if (error instanceof RefusalError || isSystemError(error)) return undefined;
    throw error;
  }
}

function createDefault({ isRun }: { readonly isRun: boolean }, path: string): GateSource | undefined {
  return isRun ? createRunGate(path) : undefined;
}

function nameModel(path: string): string {
  return basename(resolve(path)).replace(/\.onnx$/, "");
}
