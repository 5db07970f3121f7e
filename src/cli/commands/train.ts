import { type Command, Option } from "commander";
import { FEATURE_CACHE_MIB } from "../../cluster/feature_cache_size.ts";
import { LostRankError } from "../../cluster/ranks/lost_rank_error.ts";
import { formatAsLine, formatJSON } from "../../core/errors/printable.ts";
import type { RunSummary } from "../../runs/run_summary.ts";
import type { TrainingRun } from "../../runs/training_run.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, InterruptedError, refuse } from "../cli_error.ts";
import { formatFigures, formatRun } from "../format_run.ts";
import { collectValues, createSizeParser, createWholeNumberParser } from "../options/option_values.ts";
import { formatGoOn } from "../training/format_go_on.ts";
import type { LogOptions } from "../training/run_loggers.ts";
import type { FinishedRun, RunStart } from "../training/run_start.ts";
import type { TrainConfig, TrainOptions } from "../training/train_config.ts";
import type { RankedContext } from "../training/with_ranks.ts";

/** Spelled out, so that help loads no metric. */
const MEASURES_HELP = "accuracy, or for numbers r2, rmse, mae, or for several labels macro-f1, exact-match";

interface Options extends TrainOptions, LogOptions {
  readonly out?: string;
  readonly resume?: string;
  readonly continue?: string;
  readonly trust: boolean;
  readonly acceptChangedData: boolean;
  /** Goes on with experiences that come into the benchmark's folder. */
  readonly watch: boolean;
  /** The port; true takes a free one. */
  readonly dashboard?: number | true;
}

/** Adds the command that trains a strategy on a benchmark. */
export function addTrainCommand(program: Command, context: CliContext): Command {
  return program
    .command("train")
    .description("train a strategy on a benchmark, experience by experience, and export the model after each")
    .option("--benchmark <name:options>", "see the command benchmarks", "split-mnist:experiences=5")
    .option("--strategy <name:options>", "see the command strategies; replay is a good one to begin with", "naive")
    .addOption(
      new Option("--plugin <name:options>", "see the command plugins; may be given several times")
        .argParser(collectValues)
        .default([], "none"),
    )
    .addOption(
      new Option("--metric <path=file>", "a module that makes metrics of yours; may be given several times")
        .argParser(collectValues)
        .default([], "none"),
    )
    .option(
      "--measure <name>",
      `what the matrix shows: ${MEASURES_HELP} (default: accuracy, r2 or macro-f1, by the targets)`,
    )
    .option(
      "--model <name:options>",
      "see the command models; run:FOLDER begins with the model of another run, checkpoint:FILE with that of a file",
      "simple-mlp",
    )
    .option("--optimizer <name:options>", "see the command optimizers", "sgd:learningRate=0.01,momentum=0.9")
    .option(
      "--criterion <name:options>",
      "see the command criteria (default: by the targets, cross-entropy for class ids, mse for values, bce for labels)",
    )
    .option("--epochs <number>", "passes over each experience", createWholeNumberParser("--epochs", 1), 1)
    .option("--batch-size <number>", "samples in a training minibatch", createWholeNumberParser("--batch-size", 1), 128)
    .option("--drop-last", "leave a last, smaller minibatch out of each training epoch", false)
    .option("--eval-batch-size <number>", "when evaluating", createWholeNumberParser("--eval-batch-size", 1), 512)
    .option(
      "--workers <number>",
      "replicas, each in a thread or process; 0 computes in the main thread (default: one a device, or one a core)",
      createWholeNumberParser("--workers", 0),
    )
    .option(
      "--logical-shards <number>",
      "parts of a minibatch; with it fixed, results do not depend on --workers (default: as many as workers)",
      createWholeNumberParser("--logical-shards", 1),
    )
    .option(
      "--isolation <name>",
      "what a replica lives in: thread, or process, whose death loses that replica alone (default: by the devices)",
    )
    .option("--engine <name>", "auto, onnxruntime or tfjs", "auto")
    .option("--device <names>", "cpu, webgpu or cuda:0|cuda:1|…, given to the workers in turn", "cpu")
    .option("--seed <number>", "seeds every random stream", createWholeNumberParser("--seed", 0), 0)
    .option("--data <folder>", "folder with the data set's files (default: the installed package)")
    .option("--out <folder>", "where the run is written (default: runs/STRATEGY-BENCHMARK-NUMBER)")
    .option("--resume <folder>", "go on with the run in a folder; its own options hold")
    .option(
      "--continue <folder>",
      "go on with a finished run: train the experiences of --benchmark that it has not seen",
    )
    .option("--watch", "go on with experiences that come into the benchmark's folder, until Ctrl-C", false)
    .option("--accept-changed-data", "with --resume or --continue, go on though old data is other than it was", false)
    .option("--trust", "with --resume or --continue, run the modules that the folder's config.json names", false)
    .option("--checkpoint-every <interval>", "iterations (50) or seconds (30s) between checkpoints", "30s")
    .option(
      "--max-restarts <number>",
      "how many lost replicas are replaced",
      createWholeNumberParser("--max-restarts", 0),
      0,
    )
    .option(
      "--feature-cache <MiB>",
      "memory for what frozen layers below the first trained one give, computed once a sample; 0: none is kept",
      createWholeNumberParser("--feature-cache", 0),
      FEATURE_CACHE_MIB,
    )
    .option(
      "--cache <size>",
      "samples of your own files that take more than this (512MiB, 4GiB) are decoded when they are drawn, and as many are kept (default: 4GiB, or half of the memory)",
      createSizeParser("--cache"),
    )
    .option(
      "--precision <name>",
      "of training steps: float32, bfloat16 or float16; half precision on CUDA only",
      "float32",
    )
    .option("--no-tf32", "on CUDA, multiply float32 with all its bits, not the 10 of TF32")
    .option("--convolution-search <name>", "on CUDA: exhaustive, heuristic or default (default: exhaustive)")
    .option(
      "--export <options>",
      "write each model once more into the run's folder export: layout=nchw,preprocess=true; see the command export",
    )
    .option("--keep-adapters", "export low-rank adapters as nodes; they are added to the weights otherwise", false)
    .option("--no-onnx", "do not export models")
    .option(
      "--dashboard [port]",
      "serve the run's page on this machine while it goes on (default: a free port)",
      createWholeNumberParser("--dashboard", 0),
    )
    .option("--worker-bars", "on a terminal, a progress bar for each worker, too", false)
    .option("--log <name>", "live, text (Avalanche's lines), json or none (default: live on a terminal, else text)")
    .option("--quiet", "no progress, only the result: --log none", false)
    .option("--json", "events as JSON lines on standard output: --log json", false)
    .action(async (options: Options, command: Command) => {
      const { withRanks } = await import("../training/with_ranks.ts");
      await withRanks(context, { threads: Math.max(1, options.workers ?? 1) }, (own) => train(options, command, own));
    });
}

async function train(options: Options, command: Command, context: RankedContext): Promise<void> {
  const { stdout, stderr, signal, ranks } = context;
  const { chooseLog, followRun } = await import("../training/run_loggers.ts");
  const chosen = chooseLog(options, stdout);
  const log = ranks.isFirst ? chosen : "none";
  const { findRunStart } = await import("../training/run_start.ts");
  const { assertAlike } = await import("../training/with_ranks.ts");
  const typed = Object.keys(options).filter((name) => command.getOptionValueSource(name) === "cli");
  const start = await refuse(() => ranks.agreeOn(() => findRunStart(options, typed, ranks.size)));
  await refuse(() => assertAlike(ranks, start.config));
  const report = (summary: RunSummary<unknown>, directory: string, format = formatRun) => {
    if (log === "json") stdout.write(formatJSON({ kind: "run-end", directory, summary }));
    else stdout.write(format(summary, directory));
  };
  const tellFinished = async (run: FinishedRun) => {
    const { describeFinished } = await import("../training/describe_finished.ts");
    const act = options.continue === undefined ? "--resume" : "--continue";
    if (log !== "json") stdout.write(`${await describeFinished(run, act)}\n`);
    report(run.summary, run.directory);
  };
  const { watch } = options;
  const watching = watch ? await import("../watching/watch_experiences.ts") : undefined;
  if (watch && ranks.size > 1) throw new CliError("--watch is for one process, got several ranks");
  const folders = await refuse(() => watching?.findWatchedFolders(start.config));
  if (start.kind === "finished" && !watch) return tellFinished(start);
  const isOnline = start.config.benchmark.options.onlineExperienceSize !== undefined;
  const { Dashboard } = await import("../training/dashboard.ts");
  const { createDashboardLogger } = await import("../training/dashboard_logger.ts");
  const port = ranks.isFirst ? options.dashboard : undefined;
  await using dashboard = port === undefined ? undefined : await refuse(() => Dashboard.open(port === true ? 0 : port));
  let current: TrainingRun<TrainConfig> | undefined;
  const flush = () => current?.directory.metrics.flush();
  const following = dashboard ? [createDashboardLogger({ flush, tell: (line) => dashboard.tell(line) })] : [];
  const { workerBars } = options;
  const { loggers: shown, view } = followRun(log, { workerBars, isOnline }, stdout);
  const loggers = [...shown, ...following];
  const { prepareRun } = await import("../training/prepare_run.ts");
  const warn = (line: string) => {
    view?.clear();
    stderr.write(`${formatAsLine(line)}\n`);
  };
  const { acceptChangedData } = options;
  /** Does what there is to do. @returns The run's folder. */
  const trainFrom = async (from: RunStart): Promise<string> => {
    if (from.kind === "finished") {
      await tellFinished(from);
      return from.directory;
    }
    const around = { ...from, ranks, acceptChangedData, loggers, onSummary: view?.show, signal, report: warn };
    await using run = await refuse(() => ranks.agreeOn(() => prepareRun(from.config, around)));
    if (!run) {
      if (from.earlier) await tellFinished(from.earlier);
      return from.earlier?.directory ?? "";
    }
    current = run;
    const { path: directory } = run.directory;
    context.openLog(directory);
    await dashboard?.show(directory);
    if (dashboard && from === start) warn(`The run's page is at ${dashboard.url}`);
    try {
      // The rows of a live view stand above.
      report(await run.train().finally(view?.clear), directory, view ? formatFigures : formatRun);
      return directory;
    } catch (cause) {
      const goOn = `go on with: ${formatGoOn("--resume", directory, from.config)}${watch ? " --watch" : ""}`;
      if (cause instanceof LostRankError) throw new LostRankError(`${cause.message}; ${goOn}`, { cause });
      if (!signal.aborted || cause !== signal.reason) throw cause;
      throw new InterruptedError(`Interrupted; ${goOn}`, { cause });
    } finally {
      current = undefined;
    }
  };
  const directory = await trainFrom(start);
  if (!watching || !folders) return;
  const { watchRun } = await import("../watching/watch_run.ts");
  const { writeReport } = await import("../../report/write_report.ts");
  await writeReport([directory]);
  const waiting = watching.describeWait(folders);
  await watchRun(directory, {
    folders,
    signal,
    report: warn,
    onWait() {
      dashboard?.tell(waiting);
      if (log === "json") stdout.write(formatJSON({ kind: "waiting", directory }));
      else if (view) view.note(`${waiting}; Ctrl-C ends`);
      else if (log !== "none") stdout.write(`${waiting}\n`);
    },
    async goOn(known, names) {
      // Programs were allowed when the run was started or taken up.
      const { resume: _, out: __, ...others } = { ...options, continue: directory, trust: true };
      const next = await findRunStart(others, typed.includes("device") ? ["device"] : []);
      if (next.kind !== "unfinished" || next.target.kind !== "continued") return;
      await trainFrom({ ...next, target: { ...next.target, experienceNames: [...known, ...names] } });
      await writeReport([directory]);
    },
  }).finally(view?.clear);
}
