import type { GateSource } from "../gate/gate_source.ts";
import { type GateLimits, judgeGate } from "../gate/judge_gate.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { freeModel } from "../sessions/loaded_model.ts";
import type { PreparedVersion } from "../workers/prepare_version.ts";
import { findMisfit } from "./compare_files.ts";
import type { LoadedVersion, Refusal, VersionAccuracies } from "./model_version.ts";
import type { VersionFile } from "./version_files.ts";
import type { VersionLoader } from "./version_loader.ts";

/** What a file is judged by. */
export interface JudgingContext {
  readonly loader: VersionLoader;
  /** Rows of a batch at the most. */
  readonly maxBatch: number;
  readonly gate: GateSource | undefined;
  readonly limits: GateLimits;
  /** Nothing passes of which no accuracy is known. */
  readonly refusesUnmeasured: boolean;
  /** Best accuracy on each experience so far. */
  readonly best: ReadonlyMap<number, number>;
  /** Of the version that answers. */
  readonly current: ServedFile | undefined;
  /** Somebody wants it whatever it has forgotten. */
  readonly isForced: boolean;
}

/** A file that is loaded and may answer, or why it may not; nothing is left loaded then. */
export type Judgement =
  | { readonly kind: "passed"; readonly loaded: LoadedVersion }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Loads a file off the answering thread, warms it up, compares it with what answers, and has the gate judge it. */
export async function judgeFile(source: VersionFile, context: JudgingContext): Promise<Judgement> {
  const { loader, gate, limits, refusesUnmeasured, best, current, maxBatch, isForced } = context;
  const { mark, path } = source;
  const experience = Number(source.version);
  const gateSets = (await gate?.sets(experience)) ?? [];
  const outcome = await loader.prepare({ path, maxBatch, gateSets });
  if (outcome.kind === "refused") return refuse({ mark, reason: outcome.reason, isForgetting: false });
  const prepared = outcome.version;
  const misfit = current && findMisfit(current, prepared.file);
  if (misfit !== undefined) {
    await freeModel(prepared.handle);
    return refuse({ mark, reason: `${path}: ${misfit}`, isForgetting: false });
  }
  const measured = await findAccuracies(prepared, { gate, experience });
  const isUnmeasured = refusesUnmeasured && measured.accuracies.length === 0;
  const { passes, reasons } = judgeGate(measured.accuracies, { limits, best });
  if ((passes && !isUnmeasured) || isForced) return { kind: "passed", loaded: { source, prepared, ...measured } };
  await freeModel(prepared.handle);
  if (isUnmeasured) return refuse({ mark, reason: UNMEASURED, isForgetting: true, isUnmeasured });
  return refuse({ mark, reason: reasons.join("; "), isForgetting: true, ...measured });
}

const UNMEASURED =
  "no accuracy of it is known to compare with the limits: held samples (--gate FOLDER) measure it, --allow-unmeasured lets it through";

function refuse(refusal: Refusal): Judgement {
  return { kind: "refused", refusal };
}

async function findAccuracies(
  { accuracies }: PreparedVersion,
  { gate, experience }: { readonly gate: GateSource | undefined; readonly experience: number },
): Promise<VersionAccuracies> {
  if (accuracies.length > 0) return { accuracies, measuredBy: "held samples" };
  const recorded = await gate?.recorded?.(experience);
  return recorded ? { accuracies: recorded, measuredBy: "the run's summary" } : { accuracies: [] };
}
