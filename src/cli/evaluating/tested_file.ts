import { describeValue } from "../../core/errors/errors.ts";
import type { ExportedNames } from "../../runs/exports/evaluate_export_file.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { CliError, refuse } from "../cli_error.ts";
import { createNamed, resolveNamed } from "../options/named_factory.ts";
import { assertOneFolder } from "../options/one_folder.ts";
import { formatNamed } from "../options/parse_named.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";
import { chooseTested } from "./choose_tested.ts";

/** How somebody names the data that a file is tested on. */
export interface TestedOptions {
  readonly benchmark?: string | undefined;
  readonly data?: string | undefined;
  /** In bytes: what samples may take in memory before they are decoded when they are drawn. */
  readonly cache?: number | undefined;
  readonly seed: number;
}

/** The data that a file is tested on, and what the file says of itself. */
export interface TestedFile {
  readonly benchmark: Benchmark;
  readonly names: ExportedNames;
  /** What the benchmark is called, with what was put in place of the file's own folder. */
  readonly shown: string;
  /** Which samples are tested, in words. */
  readonly tested: string;
}

/**
 * Makes the benchmark that an exported file is tested on: the one that is named, else the one that the file names.
 * @throws {CliError} If there is none, or it cannot be made.
 */
export async function openTestedFile(
  model: string,
  { data, seed, cache: cacheBytes, ...options }: TestedOptions,
): Promise<TestedFile> {
  const { readExportMetadata } = await import("../../onnx/export/evaluate_export.ts");
  const metadata = await refuse(() => readExportMetadata(model));
  const named = options.benchmark ?? metadata["firn.benchmark"];
  if (named === undefined) throw new CliError(`${model} names no benchmark: --benchmark is required`);
  const { BENCHMARKS } = await import("../registries/benchmarks.ts");
  const typed = resolveNamed(BENCHMARKS, named);
  if (options.benchmark !== undefined) assertOneFolder(typed, data);
  const resolved = options.benchmark === undefined ? readNamedFolder(model, typed, data) : typed;
  const { parseExportedNames } = await import("../../runs/exports/evaluate_export_file.ts");
  const names = await refuse(async () => parseExportedNames(model, metadata));
  const { classNames, targetNames, dataClassNames = classNames, featureNames, trainedExperiences: trained } = names;
  const { testsAll, describe } = await refuse(() => chooseTested(resolved, { data, trained }));
  const known = { classNames: dataClassNames, targetNames, featureNames, cacheBytes };
  const benchmark = await refuse(() => createNamed(BENCHMARKS, resolved, { seed, data, testsAll, ...known }));
  const shown = resolved === typed ? named : formatNamed(resolved);
  return { benchmark, names, shown, tested: describe(benchmark) };
}

/**
 * The benchmark that a file names. A model's file is data: it may come from somebody else, and does not decide which
 * files of this machine are read.
 * @param data Is read in place of the folder that the benchmark names.
 * @throws {CliError} If the benchmark reads a folder and there is no other, saying how to allow it.
 */
function readNamedFolder(model: string, { name, options }: NamedChoice, data: string | undefined): NamedChoice {
  const { more, testPath, path = more ?? testPath, ...others } = options;
  if (path === undefined) return { name, options };
  const hasOthers = more !== undefined || testPath !== undefined;
  if (data !== undefined && !hasOthers) return { name, options: { ...others, path: data } };
  const typed = `--benchmark ${quoteForShell(formatNamed({ name, options }))}`;
  const cure = hasOthers ? `in ${typed}` : "as --data FOLDER";
  throw new CliError(`${model} names a folder, ${describeValue(path)}: say where it lies, or another, ${cure}`);
}
