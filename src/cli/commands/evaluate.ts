import type { Command } from "commander";
import { describeValue } from "../../core/errors/errors.ts";
import { formatJSON } from "../../core/errors/printable.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import { createNamed, resolveNamed } from "../options/named_factory.ts";
import { createSizeParser, createWholeNumberParser } from "../options/option_values.ts";
import { formatNamed } from "../options/parse_named.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";

interface Options {
  readonly model: string;
  readonly benchmark?: string;
  readonly data?: string;
  /** In bytes. */
  readonly cache?: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Adds the command that gives the accuracy of an exported file, by onnxruntime alone. */
export function addEvaluateCommand(program: Command, context: CliContext): void {
  program
    .command("evaluate")
    .description("give the accuracy of an exported file on a benchmark's test stream, by onnxruntime alone, as JSON")
    .requiredOption("--model <file>", "an ONNX file of a run")
    .option(
      "--benchmark <name:options>",
      "see the command benchmarks (default: the one that the file names; if that reads a folder, --data names it)",
    )
    .option("--data <folder>", "folder with the data set's files (default: the installed package)")
    .option(
      "--cache <size>",
      "samples of your own files that take more than this (512MiB, 4GiB) are decoded when they are drawn (default: 4GiB, or half of the memory)",
      createSizeParser("--cache"),
    )
    .option("--batch-size <number>", "samples at a time", createWholeNumberParser("--batch-size", 1), 512)
    .option("--seed <number>", "the benchmark's, where it names none", createWholeNumberParser("--seed", 0), 0)
    .action((options: Options) => evaluate(options, context));
}

/**
 * The benchmark that a file names. A model's file is data: it may come from somebody else, and does not decide which
 * files of this machine are read.
 * @param data Is read in place of the folder that the benchmark names.
 * @throws {CliError} If the benchmark reads a folder and there is no other, saying how to allow it.
 */
function readNamedFolder(model: string, { name, options }: NamedChoice, data: string | undefined): NamedChoice {
  const { more, path = more, ...others } = options;
  if (path === undefined) return { name, options };
  if (data !== undefined && more === undefined) return { name, options: { ...others, path: data } };
  const typed = `--benchmark ${quoteForShell(formatNamed({ name, options }))}`;
  const cure = `give ${typed} to read it${more === undefined ? ", or --data to read another" : ""}`;
  throw new CliError(`${model} names a folder of this machine, ${describeValue(path)}: ${cure}`);
}

async function evaluate(
  { model, data, cache: cacheBytes, batchSize, seed, ...options }: Options,
  { stdout }: CliContext,
): Promise<void> {
  const { readExportMetadata } = await import("../../onnx/export/evaluate_export.ts");
  const metadata = await refuse(() => readExportMetadata(model));
  const named = options.benchmark ?? metadata["firn.benchmark"];
  if (named === undefined) throw new CliError(`${model} names no benchmark: --benchmark is required`);
  const { BENCHMARKS } = await import("../registries/benchmarks.ts");
  const typed = resolveNamed(BENCHMARKS, named);
  const resolved = options.benchmark === undefined ? readNamedFolder(model, typed, data) : typed;
  const { evaluateExportFile, parseExportedNames } = await import("../../runs/evaluate_export_file.ts");
  const names = await refuse(async () => parseExportedNames(model, metadata));
  const { classNames, targetNames, dataClassNames = classNames, featureNames, trainedExperiences: trained } = names;
  const { chooseTested } = await import("../evaluating/choose_tested.ts");
  const { testsAll, describe } = await refuse(() => chooseTested(resolved, { data, trained }));
  const known = { classNames: dataClassNames, targetNames, featureNames, cacheBytes };
  const benchmark = await refuse(() => createNamed(BENCHMARKS, resolved, { seed, data, testsAll, ...known }));
  const { testStream: stream } = benchmark;
  const evaluation = await refuse(() => evaluateExportFile(model, { stream, batchSize, classNames, targetNames }));
  const shown = resolved === typed ? named : formatNamed(resolved);
  stdout.write(formatJSON({ model, benchmark: shown, tested: describe(benchmark), ...evaluation }, 2));
}
