import type { Command } from "commander";
import { describeValue } from "../../core/errors/errors.ts";
import { formatJSON } from "../../core/errors/printable.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import { createNamed, resolveNamed } from "../options/named_factory.ts";
import { createWholeNumberParser } from "../options/option_values.ts";
import { formatNamed } from "../options/parse_named.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";

interface Options {
  readonly model: string;
  readonly benchmark?: string;
  readonly data?: string;
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
      "see the command benchmarks (default: the one that the file names, unless it reads a folder)",
    )
    .option("--data <folder>", "folder with the data set's files (default: the installed package)")
    .option("--batch-size <number>", "samples at a time", createWholeNumberParser("--batch-size", 1), 512)
    .option("--seed <number>", "the benchmark's, where it names none", createWholeNumberParser("--seed", 0), 0)
    .action((options: Options) => evaluate(options, context));
}

/**
 * A model's file is data: it may come from somebody else, and does not decide which files of this machine are read.
 * @throws {CliError} If the benchmark that it names reads a folder, saying how to allow it.
 */
function assertNoFolder(model: string, benchmark: NamedChoice): void {
  const { more, path = more } = benchmark.options;
  if (path === undefined) return;
  const typed = `--benchmark ${quoteForShell(formatNamed(benchmark))}`;
  throw new CliError(`${model} names a folder of this machine, ${describeValue(path)}: give ${typed} to read it`);
}

async function evaluate({ model, data, batchSize, seed, ...options }: Options, { stdout }: CliContext): Promise<void> {
  const { readExportMetadata } = await import("../../onnx/export/evaluate_export.ts");
  const metadata = await refuse(() => readExportMetadata(model));
  const benchmark = options.benchmark ?? metadata["firn.benchmark"];
  if (benchmark === undefined) throw new CliError(`${model} names no benchmark: --benchmark is required`);
  const { BENCHMARKS } = await import("../registries/benchmarks.ts");
  const resolved = resolveNamed(BENCHMARKS, benchmark);
  if (options.benchmark === undefined) assertNoFolder(model, resolved);
  const { evaluateExportFile, parseExportedNames } = await import("../../runs/evaluate_export_file.ts");
  const names = await refuse(async () => parseExportedNames(model, metadata));
  const { classNames } = names;
  const { testStream: stream } = await refuse(() => createNamed(BENCHMARKS, resolved, { seed, data, ...names }));
  const evaluation = await refuse(() => evaluateExportFile(model, { stream, batchSize, classNames }));
  stdout.write(formatJSON({ model, benchmark, ...evaluation }, 2));
}
