import type { Command } from "commander";
import { formatJSON } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { refuse } from "../cli_error.ts";
import { createSizeParser, createWholeNumberParser } from "../options/option_values.ts";

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

async function evaluate(options: Options, { stdout }: CliContext): Promise<void> {
  const { model, batchSize } = options;
  const { openTestedFile } = await import("../evaluating/tested_file.ts");
  const { benchmark, names, shown, tested } = await openTestedFile(model, options);
  const { evaluateExportFile } = await import("../../runs/exports/evaluate_export_file.ts");
  const { classNames, targetNames } = names;
  const { testStream: stream } = benchmark;
  const evaluation = await refuse(() => evaluateExportFile(model, { stream, batchSize, classNames, targetNames }));
  stdout.write(formatJSON({ model, benchmark: shown, tested, ...evaluation }, 2));
}
