import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { Command, Option } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { CliError, InterruptedError, refuse } from "../../src/cli/cli_error.ts";
import { collectValues } from "../../src/cli/options/option_values.ts";
import { describeUnknownName } from "../../src/core/errors/errors.ts";
import { describeReason } from "../../src/core/errors/system_error.ts";
import { SUITES, type SuiteName } from "./bench_row.ts";

interface Options {
  readonly suite: readonly string[];
  readonly json?: string;
  readonly peers: boolean;
  readonly python: readonly string[];
  readonly quick: boolean;
}

/** The bench's command line. What it runs is imported when it runs, so that --help answers at once. */
export function createBenchProgram(context: CliContext): Command {
  return new Command("bench")
    .description(
      "measure this machine: our speed against TF.js and, with --peers, PyTorch, Avalanche and Python's servers",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .showSuggestionAfterError()
    .addOption(createListOption("--suite <name>", `${SUITES.join(", ")}; may be given several times`, "all"))
    .option("--json <file>", "write the rows to a file, as a JSON array")
    .option("--peers", "measure PyTorch, Avalanche, FastAPI and MLServer too, where a python3 has them", false)
    .addOption(createListOption("--python <path>", "a Python for --peers; may be given several times", "python3"))
    .option("--quick", "sizes so small that the figures mean nothing: a test of the bench", false)
    .addHelpText("after", "\nRatios are ours ÷ theirs as speeds: above 1 is better, for times too.")
    .action((options: Options) => bench(options, context));
}

function createListOption(flags: string, description: string, fallback: string): Option {
  return new Option(flags, description).argParser(collectValues).default([], fallback);
}

async function bench(options: Options, context: CliContext): Promise<void> {
  const suites = parseSuites(options.suite);
  const { json, peers, quick: isQuick, python } = options;
  if (python.length > 0 && !peers) throw new CliError("--python requires --peers");
  if (json !== undefined) await assertWritable(json);
  const { findPythons } = await import("./contestants/find_pythons.ts");
  const pythons = peers ? await refuse(() => findPythons(python)) : [];
  const { runBench } = await import("./run_bench.ts");
  try {
    await runBench({ suites, pythons, isQuick, json }, context);
  } catch (cause) {
    if (context.signal.aborted) throw new InterruptedError("Interrupted; finished suites were reported", { cause });
    throw cause;
  }
}

/**
 * The suites named, each once, in the order in which they run; all of them where none is named.
 * @throws {CliError} If there is no suite of a name.
 */
export function parseSuites(names: readonly string[]): readonly SuiteName[] {
  const known: readonly string[] = SUITES;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CliError(`--suite: ${describeUnknownName("suite", unknown, SUITES)}`);
  }
  return names.length === 0 ? SUITES : SUITES.filter((suite) => names.includes(suite));
}

/** Found out before minutes of measuring. */
async function assertWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new CliError(`--json ${file}: ${describeReason(cause)}`, { cause });
  }
}
