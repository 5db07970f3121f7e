import { readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { formatJSON } from "../../core/errors/printable.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { writeAtomically } from "../../core/write_atomically.ts";
import type { ConversionOptions } from "../../onnx/conversion/conversion_options.ts";
import { convertExport } from "../../onnx/conversion/convert_export.ts";
import { readExportMetadata } from "../../onnx/export/evaluate_export.ts";
import { readExport } from "../../onnx/export/export_session.ts";
import { takeCalibrationSamples } from "../../runs/exports/calibration_samples.ts";
import { findExport } from "../../runs/exports/find_export.ts";
import { nameDataFile } from "../../runs/run_files.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import { openTestedFile, type TestedFile, type TestedOptions } from "../evaluating/tested_file.ts";
import { type CheckpointTrust, isCheckpoint } from "./checkpoint_path.ts";
import { compareExports } from "./compare_exports.ts";
import { formatComparison } from "./format_comparison.ts";

/** What was typed. */
export interface ExportCommandOptions extends Omit<ConversionOptions, "samples">, TestedOptions, CheckpointTrust {
  readonly original: boolean;
  readonly out: string;
  readonly experience?: number;
  readonly calibrationSamples: number;
  readonly test: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/**
 * Converts an exported model, writes it, and prints what it costs beside the run's own file.
 * @throws {CliError} If there is no such model, it cannot have that form, or the file is there already.
 */
export async function runExport(run: string, options: ExportCommandOptions, context: CliContext): Promise<void> {
  const { signal, stdout } = context;
  const { original, experience } = options;
  if (isCheckpoint(run) && experience !== undefined) {
    throw new CliError(`${run} is a checkpoint, which has one model: leave --experience out, or give the run's folder`);
  }
  if (!isCheckpoint(run) && !original) {
    const path = await refuse(() => findExport(run, experience));
    return convert({ from: path, path }, options, context);
  }
  await assertFree(run, options);
  const { exportRunCheckpoint, findNewestCheckpoint } = await import("./export_run_checkpoint.ts");
  const file = isCheckpoint(run) ? run : await refuse(() => findNewestCheckpoint(run));
  await using exported = await refuse(() => exportRunCheckpoint(file, { ...options, signal }));
  if (!original) {
    await convert({ from: run, ...exported }, options, context);
    return;
  }
  const { out, json } = options;
  await refuse(() => copyModel(exported.path, out));
  const { maxAbsoluteDifference } = exported;
  const sentence = `${out}: as the network came, with the outputs of ${file} to ${maxAbsoluteDifference.toExponential(1)}\n`;
  stdout.write(json ? formatJSON({ from: file, out, maxAbsoluteDifference }, 2) : sentence);
}

/** The file beside it has the name that the model's file gives it. */
async function copyModel(from: string, out: string): Promise<void> {
  const data = nameDataFile(from);
  const isDivided = await stat(data).then(
    () => true,
    () => false,
  );
  if (isDivided) await writeAtomically(join(dirname(out), basename(data)), await readFile(data));
  await writeAtomically(out, await readFile(from));
}

/** A file of a model. */
interface Exported {
  /** What was typed, or found in the folder that was. */
  readonly from: string;
  readonly path: string;
  /** The samples of its run, where they are there. */
  readonly tested?: TestedFile;
}

async function convert(
  { from, path, tested: own }: Exported,
  options: ExportCommandOptions,
  { stdout }: CliContext,
): Promise<void> {
  const { out, test } = options;
  await assertFree(path, options);
  await refuse(() => withFileNamed(path, () => readExport(path)));
  const needsSamples = options.precision === "int8";
  const data = test || needsSamples ? await findData({ path, own }, options, needsSamples) : undefined;
  const tested = data?.file;
  const samples = needsSamples && tested ? await findSamples(path, tested, options.calibrationSamples) : [];
  const { layout, preprocess, softmax, features, opset, precision } = options;
  const conversion = { ...omitUndefined({ layout, preprocess, softmax, features, opset, precision }), samples };
  const dataFile = nameDataFile(out);
  const converted = await refuse(() => convertExport(path, { ...conversion, dataLocation: basename(dataFile) }));
  await refuse(async () => {
    if (converted.data) await writeAtomically(dataFile, converted.data);
    await writeAtomically(out, converted.bytes);
    if (!converted.data) await rm(dataFile, { force: true });
  });
  const comparison = test
    ? await compareExports({ before: path, after: out, ...omitUndefined({ tested }) })
    : undefined;
  const result = { from, out, ...(data?.untested ? { untested: data.untested } : {}), ...comparison };
  stdout.write(options.json ? formatJSON(result, 2) : formatComparison(result, { precision }));
}

/** What int8 measures on: samples of the experiences that the file says were learnt. */
async function findSamples(
  path: string,
  { benchmark }: TestedFile,
  count: number,
): Promise<ReturnType<typeof takeCalibrationSamples>> {
  const last = (await readExportMetadata(path))["firn.experience"];
  return takeCalibrationSamples(benchmark, { count, last: last === undefined ? undefined : Number(last) });
}

/** Refuses a file that is there, and the model itself, before anything is computed. */
async function assertFree(path: string, { out, force }: ExportCommandOptions): Promise<void> {
  if (resolve(out) === resolve(path)) throw new CliError(`--out ${out} is the model itself: give another file`);
  const found = await stat(out).catch(() => undefined);
  if (found?.isDirectory()) throw new CliError(`--out ${out} is a folder: give a file in it`);
  if (found && !force) throw new CliError(`--out ${out} exists: give another file, or --force to replace it`);
  const folder = dirname(out);
  const isThere = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isThere) throw new CliError(`--out ${out}: there is no folder ${folder}`);
}

/** The samples that a model is tested on, or why there are none. */
async function findData(
  { path, own }: { readonly path: string; readonly own: TestedFile | undefined },
  options: ExportCommandOptions,
  isNeeded: boolean,
): Promise<{ readonly file?: TestedFile; readonly untested?: string }> {
  if (own && options.benchmark === undefined && options.data === undefined) return { file: own };
  try {
    return { file: await openTestedFile(path, options) };
  } catch (cause) {
    if (isNeeded || options.benchmark !== undefined || options.data !== undefined) throw cause;
    if (cause instanceof CliError) return { untested: cause.message };
    throw cause;
  }
}
