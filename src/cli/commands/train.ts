import { type Command, Option } from "commander";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import {
  collectValues,
  createSizeParser,
  createWholeNumberParser,
  parseFeatureCache,
} from "../options/option_values.ts";
import type { TrainConfig, TrainOptions } from "../training/config/train_config.ts";
import type { RunStart } from "../training/run_start.ts";
import type { SessionOptions, TrainSession } from "../training/train_session.ts";
import type { RankedContext } from "../training/with_ranks.ts";
import type { WatchedFolders } from "../watching/watch_experiences.ts";

/** Spelled out, so that help loads no metric. */
const MEASURES_HELP = "accuracy, or for numbers r2, rmse, mae, or for several labels macro-f1, exact-match";

interface Options extends TrainOptions, SessionOptions {
  readonly out?: string;
  readonly resume?: string;
  readonly trust: boolean;
  readonly elastic: boolean;
  readonly rankTimeout: number;
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
    .option(
      "--gated [journal]",
      "before each further experience, wait for what serve says of the model, and go back to the last that it let through where it refused it (default: serving/journal.jsonl in the run's folder)",
    )
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
      "--elastic",
      "on several ranks of Open MPI 5 (mpirun --with-ft ulfm): where one is lost, go on with those that are left",
      false,
    )
    .option(
      "--rank-timeout <seconds>",
      "on several ranks: how long another one may show no sign of life before it is lost (more while it computes)",
      createWholeNumberParser("--rank-timeout", 1, 86_400),
      120,
    )
    .option(
      "--feature-cache <place>",
      "where is kept what frozen layers below the first trained one give, computed once a sample: memory of that size (512MiB, 2GiB), a folder for files that later runs find too, or 0, nowhere (default: 1GiB)",
      parseFeatureCache,
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
    .option("--pinned-memory", "on CUDA, lock arrays in memory that are copied at each step", false)
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
      const { elastic, rankTimeout, workers = 1 } = options;
      const join = { threads: Math.max(1, workers), elastic, silenceTimeoutMs: rankTimeout * 1000 };
      await withRanks(context, join, (own) => train(options, command, own));
    });
}

async function train(options: Options, command: Command, context: RankedContext): Promise<void> {
  const { ranks } = context;
  const { TrainSession } = await import("../training/train_session.ts");
  await using session = new TrainSession(options, context);
  const { findRunStart } = await import("../training/run_start.ts");
  const { assertAlike } = await import("../training/with_ranks.ts");
  const typed = Object.keys(options).filter((name) => command.getOptionValueSource(name) === "cli");
  const start = await refuse(() => ranks.agreeOn(() => findRunStart(options, typed, ranks.size)));
  await refuse(() => assertAlike(ranks, start.config));
  const folders = options.watch ? await findFolders(start.config, ranks.size) : undefined;
  if (start.kind === "finished" && !folders) return session.tellFinished(start);
  await session.open(start.config);
  if (!folders) await session.train(start);
  else await trainAndWatch(start, folders, { options, typed, session, signal: context.signal });
}

async function findFolders(config: TrainConfig, ranks: number): Promise<WatchedFolders> {
  if (ranks > 1) throw new CliError("--watch is for one process, got several ranks");
  const { findWatchedFolders } = await import("../watching/watch_experiences.ts");
  return refuse(() => findWatchedFolders(config));
}

interface Watching {
  readonly options: Options;
  /** Names of the options that were typed. */
  readonly typed: readonly string[];
  readonly session: TrainSession;
  readonly signal: AbortSignal;
}

/** Trains what is in the folders and what comes, until the signal says stop. */
async function trainAndWatch(
  start: RunStart,
  folders: WatchedFolders,
  { options, typed, session, signal }: Watching,
): Promise<void> {
  const { findRunStart } = await import("../training/run_start.ts");
  const { describeWait } = await import("../watching/watch_experiences.ts");
  const { watchRun } = await import("../watching/watch_run.ts");
  const { writeReport } = await import("../../report/write_report.ts");
  const { trainFirst } = await import("../watching/pass_over.ts");
  const train = (first: RunStart) => session.train(first);
  const { directory, told } = await trainFirst(start, { folders, train, signal, report: session.warn });
  await writeReport([directory]);
  await watchRun(directory, {
    folders,
    told,
    signal,
    report: session.warn,
    onWait: () => session.tellWaiting(describeWait(folders), directory),
    async goOn(known, names) {
      // Programs were allowed when the run was started or taken up.
      const { resume: _, out: __, ...others } = { ...options, continue: directory, trust: true };
      const next = await findRunStart(others, typed.includes("device") ? ["device"] : []);
      if (next.kind !== "unfinished" || next.target.kind !== "continued") return;
      await session.train({ ...next, target: { ...next.target, experienceNames: [...known, ...names] } });
      await writeReport([directory]);
    },
  }).finally(() => session.clear());
}
