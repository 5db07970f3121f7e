import { rm, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
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
import { compareExports } from "./compare_exports.ts";
import { formatComparison } from "./format_comparison.ts";

/** What was typed. */
export interface ExportCommandOptions extends Omit<ConversionOptions, "samples">, TestedOptions {
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
export async function runExport(run: string, options: ExportCommandOptions, { stdout }: CliContext): Promise<void> {
  const { out, test } = options;
  const path = await refuse(() => findExport(run, options.experience));
  await assertFree(path, options);
  const needsSamples = options.precision === "int8";
  const data = test || needsSamples ? await findData(path, options, needsSamples) : undefined;
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
  const result = { from: path, out, ...(data?.untested ? { untested: data.untested } : {}), ...comparison };
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
  await refuse(() => withFileNamed(path, () => readExport(path)));
}

/** The samples that a model is tested on, or why there are none. */
async function findData(
  path: string,
  options: ExportCommandOptions,
  isNeeded: boolean,
): Promise<{ readonly file?: TestedFile; readonly untested?: string }> {
  try {
    return { file: await openTestedFile(path, options) };
  } catch (cause) {
    if (isNeeded || options.benchmark !== undefined || options.data !== undefined) throw cause;
    if (cause instanceof CliError) return { untested: cause.message };
    throw cause;
  }
}
