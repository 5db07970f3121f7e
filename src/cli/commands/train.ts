import { type Command, Option } from "commander";
import type { CliContext } from "../cli_context.ts";
import { InterruptedError, refuse } from "../cli_error.ts";
import { formatRun } from "../format_run.ts";
import { collectValues, createWholeNumberParser } from "../option_values.ts";
import type { TrainOptions } from "../train_config.ts";

interface Options extends TrainOptions {
  readonly out?: string;
  readonly onnx: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Adds the command that trains a strategy on a benchmark. */
export function addTrainCommand(program: Command, context: CliContext): void {
  program
    .command("train")
    .description("train a strategy on a benchmark, experience by experience, and export the model after each")
    .option("--benchmark <name:options>", "see the command benchmarks", "split-mnist:experiences=5")
    .option("--strategy <name:options>", "see the command strategies", "naive")
    .addOption(
      new Option("--plugin <name:options>", "see the command plugins; may be given several times")
        .argParser(collectValues)
        .default([], "none"),
    )
    .option("--model <name:options>", "see the command models", "simple-mlp")
    .option("--optimizer <name:options>", "see the command optimizers", "sgd:learningRate=0.01,momentum=0.9")
    .option("--epochs <number>", "passes over each experience", createWholeNumberParser("--epochs", 1), 1)
    .option("--batch-size <number>", "samples in a training minibatch", createWholeNumberParser("--batch-size", 1), 128)
    .option("--eval-batch-size <number>", "when evaluating", createWholeNumberParser("--eval-batch-size", 1), 512)
    .option(
      "--workers <number>",
      "replicas, each in a thread; 0 computes in the main one (default: one a device, or one a core)",
      createWholeNumberParser("--workers", 0),
    )
    .option(
      "--logical-shards <number>",
      "parts of a minibatch; with it fixed, results do not depend on --workers (default: as many as workers)",
      createWholeNumberParser("--logical-shards", 1),
    )
    .option("--engine <name>", "auto, onnxruntime or tfjs", "auto")
    .option("--device <names>", "cpu, webgpu or cuda:0|cuda:1|…, given to the workers in turn", "cpu")
    .option("--seed <number>", "seeds every random stream", createWholeNumberParser("--seed", 0), 0)
    .option("--data <folder>", "folder with the data set's files (default: the installed package)")
    .option("--out <folder>", "where the run is written (default: runs/STRATEGY-BENCHMARK-NUMBER)")
    .option("--no-onnx", "do not export models")
    .option("--quiet", "no progress, only the result", false)
    .option("--json", "events as JSON lines on standard output", false)
    .action((options: Options) => train(options, context));
}

async function train(options: Options, { stdout, signal }: CliContext): Promise<void> {
  const { createTrainConfig } = await import("../train_config.ts");
  const config = createTrainConfig(options);
  const { createRunLoggers } = await import("../run_loggers.ts");
  const loggers = createRunLoggers(
    { ...options, isOnline: config.benchmark.options.onlineExperienceSize !== undefined },
    stdout,
  );
  const { prepareRun } = await import("../prepare_run.ts");
  await using run = await refuse(() =>
    prepareRun(config, { out: options.out, loggers, signal, exportsModels: options.onnx }),
  );
  const { path: directory } = run.directory;
  try {
    const summary = await run.train();
    if (options.json) stdout.write(`${JSON.stringify({ kind: "run-end", directory, summary })}\n`);
    else stdout.write(formatRun(summary, directory));
  } catch (cause) {
    if (signal.aborted) throw new InterruptedError(`Interrupted; what was done is in ${directory}`, { cause });
    throw cause;
  }
}
