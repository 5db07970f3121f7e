import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describeValue, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { CheckpointFolder } from "../../runs/checkpoints/checkpoint_folder.ts";
import { parseRunCheckpoint, type StoredCheckpoint } from "../../runs/checkpoints/run_checkpoint.ts";
import { parseExportedNames } from "../../runs/exports/evaluate_export_file.ts";
import { exportCheckpoint } from "../../runs/exports/export_checkpoint.ts";
import { findInFolder, readCheckpoint } from "../../runs/models/file_weights.ts";
import { findRunFolder } from "../../runs/models/kept_weights.ts";
import { assertRegularFile, readRunOrigin } from "../../runs/read_run_files.ts";
import { assertSameSources } from "../../runs/resuming/source_fingerprints.ts";
import { nameDataFile } from "../../runs/run_files.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { CliError } from "../cli_error.ts";
import type { TestedFile } from "../evaluating/tested_file.ts";
import { formatNamed } from "../options/parse_named.ts";
import { parseConfig } from "../training/config/train_config_schema.ts";
import { listPrograms } from "../training/programs.ts";
import { reviveRun } from "../training/revive_run.ts";
import type { CheckpointTrust } from "./checkpoint_path.ts";

/** A checkpoint's model in a file of its own, and the test data of its run. */
export interface ExportedCheckpoint extends AsyncDisposable {
  /** Of the ONNX file, which is there until this is disposed of. */
  readonly path: string;
  readonly tested: TestedFile;
  /** The largest difference between its outputs and the strategy's. */
  readonly maxAbsoluteDifference: number;
}

/** How a checkpoint is exported. */
export interface CheckpointOptions extends CheckpointTrust {
  /** A network from an ONNX file leaves as it came. */
  readonly original: boolean;
  /** The experience that must have been trained last. Default: any. */
  readonly experience?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Writes the model of a run's checkpoint as an ONNX file, as the run would have done, to be converted from there.
 * @param file A checkpoint in the folder `checkpoints` of a run: the folder's other files say what data it has read.
 * @throws {RefusalError} If it is none, or what the run was made of is not there any more.
 */
export async function exportRunCheckpoint(file: string, options: CheckpointOptions): Promise<ExportedCheckpoint> {
  const { original } = options;
  const checkpoint = await withSubject(file, () => readStored(file));
  assertExperience(file, checkpoint, options.experience);
  const directory = dirname(dirname(file));
  const config = parseConfig(file, checkpoint.config);
  assertNoProgram(file, config, options.trust);
  const made = await reviveRun(config, { directory, signal: options.signal });
  if (!options.acceptChangedData) await assertSameData(directory, made.benchmark);
  const folder = await mkdtemp(join(tmpdir(), "firn-export-"));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "checkpoint.onnx");
    const dataLocation = basename(nameDataFile(path));
    const { bytes, data, maxAbsoluteDifference } = await withSubject(file, () =>
      exportCheckpoint(made, { checkpoint, dataLocation, original }),
    );
    await writeFile(path, bytes);
    if (data) await writeFile(nameDataFile(path), data);
    const tested = await describeTested(path, made.benchmark, formatNamed(config.benchmark));
    return { path, tested, maxAbsoluteDifference, [Symbol.asyncDispose]: dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

async function readStored(file: string): Promise<StoredCheckpoint> {
  const bytes = await withFileNamed(file, async () => {
    await assertRegularFile(file);
    return readFile(file);
  });
  const { state } = await readCheckpoint(bytes, findInFolder(findRunFolder(file)));
  const kind = typeof state === "object" && state !== null && "kind" in state ? state.kind : undefined;
  if (kind === undefined) return parseRunCheckpoint(state);
  throw new RefusalError("it is no checkpoint of a run: exportStrategy exports what loadStrategy gives, from code");
}

/** The newest checkpoint of a run. @throws {RefusalError} If it has none. */
export async function findNewestCheckpoint(run: string): Promise<string> {
  await readRunOrigin(run);
  const checkpoints = new CheckpointFolder(join(run, "checkpoints"));
  const [newest] = await withFileNamed(run, () => checkpoints.list());
  if (newest === undefined) throw new RefusalError(`${run} holds a run without a checkpoint: there is no model yet`);
  return join(checkpoints.path, newest);
}

function assertExperience(file: string, { place, experiences }: StoredCheckpoint, wanted: number | undefined): void {
  const last = experiences.at(-1)?.index;
  if (wanted === undefined || (place.kind === "before" && last === wanted)) return;
  const cure = "train --export original=true writes one for each experience";
  throw new RangeRefusal(`${file} holds the model after experience ${last ?? "none"}, not ${wanted}: ${cure}`);
}

/** What is refused of a file begins with its name. */
async function withSubject<Value>(file: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof RefusalError) || cause.message.startsWith(file)) throw cause;
    throw new RangeRefusal(`${file}: ${cause.message}`, { cause });
  }
}

function assertNoProgram(file: string, config: Parameters<typeof listPrograms>[0], trust: boolean): void {
  const files = listPrograms(config).flatMap((program) => program.files);
  if (trust || files.length === 0) return;
  throw new CliError(`${file} names programs, ${files.map(describeValue).join(", ")}: give --trust to run them`);
}

/** Runs of earlier versions, and files that were taken out of their folders, have no fingerprints. */
async function assertSameData(directory: string, benchmark: Benchmark): Promise<void> {
  const origin = await readRunOrigin(directory).catch((cause: unknown) => {
    if (cause instanceof RefusalError) return undefined;
    throw cause;
  });
  assertSameSources(directory, origin?.sources ?? {}, benchmark);
}

async function describeTested(path: string, benchmark: Benchmark, shown: string): Promise<TestedFile> {
  const { readExportMetadata } = await import("../../onnx/export/evaluate_export.ts");
  const names = parseExportedNames(path, await readExportMetadata(path));
  const count = [...benchmark.testStream].reduce((sum, { dataset }) => sum + dataset.length, 0);
  return { benchmark, names, shown, tested: `all ${count} samples of the run's test data` };
}
