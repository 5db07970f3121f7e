import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { CSVLogger } from "../../src/evaluation/loggers/csv_logger.ts";
import { TensorBoardLogger } from "../../src/evaluation/loggers/tensorboard_logger.ts";
import { EarlyStoppingPlugin } from "../../src/methods/early_stopping/early_stopping_plugin.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { readEvents } from "../evaluation/tensorboard/read_events.ts";
import { removeFolders } from "../support/made_idx.ts";
import { prepareCopies } from "./copied_run.ts";
import { makeBenchmark, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

let seconds = 0;

/** Each process has a time of its own, so that an event file that it began would have another name. */
function createTensorBoardLogger(folder: string): TensorBoardLogger {
  seconds += 1;
  const began = seconds;
  return new TensorBoardLogger({ folder, isOwnFolder: true, now: () => began });
}

/** A run that evaluates a validation part after each epoch and writes CSV and event files into its folder. */
function makeOptions(directory: string, watcher: StrategyPlugin = {}): ResumeOptions<unknown> {
  return {
    benchmark: makeBenchmark({ validationSize: 0.25 }),
    directory,
    config: { made: true },
    exportsModels: false,
    checkpointEvery: { kind: "iterations", iterations: 4 },
    loggers: [new CSVLogger({ folder: directory }), createTensorBoardLogger(directory)],
    createStrategy: (parts: RunParts) => {
      const stopping = new EarlyStoppingPlugin({ patience: 2, valStreamName: "valid" });
      const plugins = [stopping, ...parts.plugins, { ...watcher, name: "watcher" }];
      return new Naive({ ...makeStrategyOptions(parts), trainEpochs: 3, evalEvery: 1, plugins });
    },
  };
}

/** What the loggers' files hold; of events everything but when they were written. */
async function readLogs(directory: string) {
  const read = (name: string) => readFile(join(directory, name), "utf8");
  const names = (await readdir(directory)).filter((name) => name.startsWith("events.out.tfevents.")).sort();
  const events = names.flatMap((name) => readEvents(join(directory, name)));
  return {
    training: await read("training_results.csv"),
    evaluation: await read("eval_results.csv"),
    files: names.length,
    events: events.map((event) => ({ ...event, wall_time: 0 })),
  };
}

/**
 * A whole run, and copies of its folder from the moments of these callbacks: what is left where a process is killed.
 */
async function runWithCopies(callbacks: readonly (keyof StrategyPlugin)[]) {
  const { directory, copies, copier } = await prepareCopies(callbacks);
  await using run = await createTrainingRun(makeOptions(directory, copier));
  await run.train();
  return { directory, copies };
}

async function resume(directory: string, options: Partial<ResumeOptions<unknown>> = {}): Promise<void> {
  await using run = await resumeTrainingRun({ ...makeOptions(directory), ...options });
  await run.train();
}

describe("resumeTrainingRun() with loggers that write files", () => {
  test("leaves the files of an undisturbed run, wherever it was killed", async () => {
    const moments = ["beforeTraining", "afterTrainingIteration", "afterTrainingEpoch", "afterEvalExp"] as const;
    const { directory, copies } = await runWithCopies(moments);
    const whole = await readLogs(directory);
    expect(whole.training.trim().split("\n").length).toBeGreaterThan(4);
    expect(whole.evaluation.trim().split("\n").length).toBe(5);
    expect(copies.length).toBeGreaterThan(30);
    for (const path of copies.filter((_, i) => i % 3 === 0)) {
      await resume(path);
      expect(await readLogs(path)).toEqual(whole);
    }
  });

  test("leaves out a logger whose file lost what the checkpoint counts on, and goes on", async () => {
    const { copies } = await runWithCopies(["afterTrainingExp"]);
    const path = copies.at(-1) ?? "";
    await truncate(join(path, "training_results.csv"), 10);
    await resume(path);
    expect(await readFile(join(path, "training_results.csv"), "utf8")).toHaveLength(10);
    expect(JSON.parse(await readFile(join(path, "summary.json"), "utf8")).status).toBe("finished");
  });
});
