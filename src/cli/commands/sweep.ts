import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { RefusalError } from "../../core/errors/errors.ts";
import { escapeControls, formatJSON } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, InterruptedError, refuse } from "../cli_error.ts";
import { nameCommand } from "../options/name_command.ts";
import { collectValues, createWholeNumberParser } from "../options/option_values.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";
import type { SweepCommand, SweepOptions } from "../sweep/find_sweep.ts";
import { GRID_OPTIONS } from "../sweep/grid_options.ts";

interface Options extends SweepOptions {
  readonly jobs?: number;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Options of train that say which run it is, with whom it is trained, or how one run is shown. */
const OF_ONE_RUN = [
  ...["seed", "out", "resume", "continue", "acceptChangedData", "trust", "watch", "gated", "elastic", "rankTimeout"],
  ...["dashboard", "workerBars", "log", "quiet", "json"],
];

/** Adds the command that trains strategies over seeds. It shares the options of `train`. */
export function addSweepCommand(program: Command, train: Command, context: CliContext): void {
  const command = program
    .command("sweep")
    .description("train every combination of strategies and seeds, in parallel processes, into one folder");
  const find = (name: string) => train.options.find((option) => option.attributeName() === name);
  const addGridOption = (name: (typeof GRID_OPTIONS)[number]): string => {
    const { description, defaultValue } = { ...find(name) };
    const value = defaultValue === undefined ? "" : ` (default: "${defaultValue}")`;
    const option = new Option(`--${name} <name:options>`, `${description}; several are compared${value}`);
    command.addOption(option.argParser(collectFirst));
    return String(defaultValue);
  };
  const defaults = {
    strategy: addGridOption("strategy"),
    benchmark: addGridOption("benchmark"),
    model: addGridOption("model"),
    optimizer: addGridOption("optimizer"),
  };
  addGridOption("criterion");
  command
    .option("--seeds <list>", "0..4, or 0|2|7", "0..2")
    .option("--jobs <number>", "runs at a time (default: one a core)", createWholeNumberParser("--jobs", 1))
    .option(
      "--out <folder>",
      "where the runs are written, a folder each (default: runs/sweep-NUMBER); a sweep that is there goes on, with what was added",
    )
    .option("--resume <folder>", "go on with the sweep in a folder; its own options hold")
    .option("--trust", "with --resume, run the modules that the folder's sweep.json names", false)
    .option("--accept-changed-data", "go on with a sweep's runs though their data is other than it was", false)
    .option("--quiet", "no progress, only the result", false)
    .option("--json", "events as JSON lines on standard output", false);
  const own = [...GRID_OPTIONS, ...OF_ONE_RUN];
  const shared = train.options.filter((option) => !own.includes(option.attributeName()));
  for (const option of shared) command.addOption(option);
  command.action((options: Options) => sweep(options, { command, shared, defaults }, context));
}

async function sweep(options: Options, declared: SweepCommand, context: CliContext): Promise<void> {
  const { stdout, signal, startJob } = context;
  const { quiet, json, resume, trust, acceptChangedData } = options;
  if (quiet && json) throw new CliError("--json cannot be used with --quiet");
  const { findSweep } = await import("../sweep/find_sweep.ts");
  const { choice, folder: given, known } = await findSweep(options, declared);
  const { planSweep } = await import("../sweep/sweep_plan.ts");
  const plan = planSweep(choice, known);
  const { assertEveryRunCanBegin, assertNoPrograms } = await import("../sweep/prepare_sweep.ts");
  if (resume !== undefined && !trust) assertNoPrograms(resume, plan, context);
  await assertEveryRunCanBegin(plan, { ...context, folder: given });
  const total = plan.length * choice.seeds.length;
  const { createSweepView } = await import("../sweep/sweep_view.ts");
  const view = createSweepView(json ? "json" : quiet ? "none" : "text", { stream: stdout, total });
  const { runSweep } = await import("../sweep/run_sweep.ts");
  const { createNumberedFolder } = await import("../../runs/numbered_folder.ts");
  const folder = given ?? (await refuse(() => createNumberedFolder("runs", "sweep")));
  const jobs = Math.min(total, options.jobs ?? countJobs(declared.command.getOptionValue("workers")));
  const around = { folder, plan, jobs, acceptChangedData, signal, startJob, listener: view.listener };
  const rows = await runSweep(choice, around).finally(view.clear);
  if (signal.aborted) {
    const again = `${nameCommand("sweep")} --resume ${quoteForShell(folder)}${trust ? " --trust" : ""}${acceptChangedData ? " --accept-changed-data" : ""}`;
    throw new InterruptedError(`Interrupted; go on with: ${again}`, { cause: signal.reason });
  }
  const failed = [...rows.values()].filter(({ status }) => status !== "finished").length;
  const { formatSweep } = await import("../sweep/format_sweep.ts");
  if (json) stdout.write(formatJSON({ kind: "sweep-end", directory: folder, runs: total, failed }));
  else stdout.write(`${formatSweep(plan, rows)}\nsweep  ${escapeControls(folder)}\n`);
  if (failed > 0) throw new RefusalError(`${failed} of ${total} runs failed; the same command tries them again`);
}

/** Processes that keep the cores busy, each with so many workers. */
function countJobs(workers: unknown): number {
  return Math.max(1, Math.floor(availableParallelism() / Math.max(1, Number(workers ?? 1))));
}

function collectFirst(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return collectValues(text, earlier ?? []);
}
