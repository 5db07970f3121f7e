import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { CliError, refuse } from "../../src/cli/cli_error.ts";
import { createWholeNumberParser } from "../../src/cli/options/option_values.ts";
import { describeUnknownName } from "../../src/core/errors/errors.ts";
import { writeAtomically } from "../../src/core/write_atomically.ts";
import type { MeasuredResult } from "./measured_result.ts";
import type { PublishedResult } from "./published_result.ts";
import { PUBLISHED_RESULTS } from "./published_results.ts";

interface Options {
  readonly seeds: number;
  readonly out: string;
  readonly runs?: string;
  readonly jobs: number;
}

/** The command line of `reproduce`. */
export function createReproduceProgram(context: CliContext): Command {
  const names = PUBLISHED_RESULTS.map(({ name }) => name).join(", ");
  return new Command("reproduce")
    .description("train published configurations over several seeds, in parallel processes, and compare")
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .argument("[names...]", `which ones: ${names}; all of them if left out`)
    .option("--seeds <number>", "runs of each, with the seeds 0, 1, …", createWholeNumberParser("--seeds", 1), 3)
    .option("--out <folder>", "where results.json is kept and results.md written", "docs")
    .option("--runs <folder>", "where the runs are written; runs that are there go on (default: runs/reproduce-NUMBER)")
    .option("--jobs <number>", "runs at a time", createWholeNumberParser("--jobs", 1), availableParallelism())
    .action((chosen: readonly string[], options: Options) => reproduce(chooseResults(chosen), options, context));
}

/**
 * The published results named, each once, in the order of the list; all where none is named.
 * @throws {CliError} If there is none of that name.
 */
export function chooseResults(names: readonly string[]): readonly PublishedResult[] {
  const known = PUBLISHED_RESULTS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new CliError(describeUnknownName("result", unknown, known));
  return PUBLISHED_RESULTS.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Results are kept after each one, so that nothing is lost when the others are interrupted. */
async function reproduce(chosen: readonly PublishedResult[], options: Options, context: CliContext) {
  const { seeds, out, runs, jobs } = options;
  const { readMeasuredResults, replaceResult, writeMeasuredResults } = await import("./measured_result.ts");
  const { formatResults } = await import("./format_results.ts");
  const { measureResults } = await import("./measure_results.ts");
  const { createNumberedFolder } = await import("../../src/runs/numbered_folder.ts");
  await refuse(() => mkdir(out, { recursive: true }));
  const path = join(out, "results.json");
  const keep = async (measured: MeasuredResult) => {
    const results = replaceResult(await readMeasuredResults(path), measured);
    await writeMeasuredResults(path, results);
    const text = formatResults(PUBLISHED_RESULTS, results);
    await writeAtomically(join(out, "results.md"), new TextEncoder().encode(text));
  };
  const folder = runs ?? (await refuse(() => createNumberedFolder("runs", "reproduce")));
  await measureResults(chosen, { seeds, folder, jobs, keep }, context);
}
