import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { forwardTransferMetrics } from "../../src/evaluation/metrics/transfer/forward_transfer.ts";
import { EarlyStoppingPlugin } from "../../src/methods/early_stopping/early_stopping_plugin.ts";
import { EWC } from "../../src/methods/ewc/ewc_plugin.ts";
import { JointTraining } from "../../src/methods/joint_training/joint_training.ts";
import { Replay } from "../../src/methods/replay/replay_plugin.ts";
import type { CheckpointInterval } from "../../src/runs/checkpoints/checkpoint_interval.ts";
import { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { prepareCopies } from "./copied_run.ts";
import { makeBenchmark, makeNaive, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

interface Case {
  readonly name: string;
  readonly benchmark: Benchmark;
  readonly createStrategy: (parts: RunParts) => BaseStrategy;
  /** Measures forward transfer, too. */
  readonly evaluatesFirst?: boolean;
}

const cases: readonly Case[] = [
  { name: "Naive", benchmark: makeBenchmark(), createStrategy: makeNaive },
  { name: "Naive, evaluated first", benchmark: makeBenchmark(), createStrategy: makeNaive, evaluatesFirst: true },
  {
    name: "Replay",
    benchmark: makeBenchmark(),
    createStrategy: (parts) => new Replay({ ...makeStrategyOptions(parts), memSize: 12 }),
  },
  {
    name: "Replay on a stream of small experiences",
    benchmark: makeBenchmark({ onlineExperienceSize: 20 }),
    createStrategy: (parts) => new Replay({ ...makeStrategyOptions(parts), memSize: 12 }),
  },
  {
    name: "EWC with early stopping",
    benchmark: makeBenchmark({ validationSize: 0.25 }),
    createStrategy: (parts) => {
      const options = makeStrategyOptions(parts);
      const stopping = new EarlyStoppingPlugin({ patience: 1, valStreamName: "valid" });
      return new EWC({ ...options, lambda: 1, trainEpochs: 4, evalEvery: 1, plugins: [stopping, ...parts.plugins] });
    },
  },
  {
    name: "JointTraining",
    benchmark: makeBenchmark(),
    createStrategy: (parts) => new JointTraining(makeStrategyOptions(parts)),
  },
];

const CHECKPOINT_EVERY: CheckpointInterval = { kind: "iterations", iterations: 3 };
const RARELY: CheckpointInterval = { kind: "seconds", seconds: 1000 };

function makeOptions(made: Omit<Case, "name">, directory: string): ResumeOptions<unknown> {
  const { evaluatesFirst = false, benchmark, createStrategy } = made;
  const metrics = evaluatesFirst ? forwardTransferMetrics({ experience: true, stream: true }) : [];
  const shared = { config: { made: true }, exportsModels: false, checkpointEvery: CHECKPOINT_EVERY };
  return { ...shared, benchmark, directory, createStrategy, evaluatesFirst, metrics };
}

/**
 * A whole run, and copies of its folder taken after each of these callbacks: what a process that is killed there would
 * leave, less the metrics that it has not written yet.
 */
async function runWithCopies(made: Case, callbacks: readonly (keyof StrategyPlugin)[]) {
  const { directory, copies, copier } = await prepareCopies(callbacks);
  const createStrategy = (parts: RunParts) =>
    made.createStrategy({ ...parts, plugins: [...parts.plugins, { ...copier, name: "copier" }] });
  await using run = await createTrainingRun(makeOptions({ ...made, createStrategy }, directory));
  await run.train();
  return { directory, copies };
}

/** The strategy of the run whose folder was copied had one more plugin. */
function withPlaceholder(made: Case): Case {
  const placeholder = { name: "copier" };
  return {
    ...made,
    createStrategy: (parts) => made.createStrategy({ ...parts, plugins: [...parts.plugins, placeholder] }),
  };
}

async function resume(made: Case, directory: string, options: Partial<ResumeOptions<unknown>> = {}) {
  await using run = await resumeTrainingRun({ ...makeOptions(withPlaceholder(made), directory), ...options });
  await run.train();
}

/** Counts training iterations, and calls back after each. */
function countIterations(onIteration: (count: number) => void = () => {}) {
  const counter = { name: "copier", count: 0, afterTrainingIteration };
  function afterTrainingIteration(): void {
    counter.count += 1;
    onIteration(counter.count);
  }
  return counter;
}

/** The naive strategy with one more plugin, called "copier". */
function withPlugin(plugin: StrategyPlugin): Case {
  const createStrategy = (parts: RunParts) => makeNaive({ ...parts, plugins: [...parts.plugins, plugin] });
  return { name: "Naive", benchmark: makeBenchmark(), createStrategy };
}

/** Interrupts a run when `plugin` aborts the controller; returns its folder. */
async function interrupt(made: Case, { signal }: AbortController, checkpointEvery = CHECKPOINT_EVERY): Promise<string> {
  const directory = join(await makeFolder({}), "run");
  await using run = await createTrainingRun({ ...makeOptions(made, directory), signal, checkpointEvery });
  await expect(run.train()).rejects.toThrow();
  return directory;
}

/**
 * A run of two experiences of 8 iterations each, interrupted after iteration 10, checkpoints at 3, 6, 8 (its end) and
 * 10.
 */
function interruptAtTen(): Promise<string> {
  const controller = new AbortController();
  const counter = countIterations((count) => count === 10 && controller.abort());
  return interrupt(withPlugin(counter), controller);
}

async function listCheckpoints(directory: string): Promise<string[]> {
  return (await readdir(join(directory, "checkpoints"))).sort();
}

describe("resumeTrainingRun()", () => {
  for (const made of cases) {
    test(`goes on to the same end from wherever a run was killed: ${made.name}`, async () => {
      const moments = ["beforeTraining", "afterTrainingIteration", "afterTrainingExp", "afterEvalExp"] as const;
      const { directory, copies } = await runWithCopies(made, moments);
      const ending = await readEnding(directory);
      expect(ending.status).toBe("finished");
      expect(copies.length).toBeGreaterThan(15);
      for (const path of copies.filter((_, i) => i % 2 === 0)) {
        await resume(made, path);
        expect(await readEnding(path)).toEqual(ending);
      }
    });
  }

  test("does only what is left of an interrupted run", async () => {
    const directory = await interruptAtTen();
    expect(await readEnding(directory)).toMatchObject({ status: "interrupted", experiences: [{ index: 0 }] });
    const counter = countIterations();
    const { trainSeconds } = await goOn(directory, counter);
    expect(counter.count).toBe(6);
    expect(trainSeconds.length).toBe(2);
    expect(await readEnding(directory)).toMatchObject({
      status: "finished",
      experiences: [{ epochs: 2 }, { epochs: 2 }],
    });
  });

  test("does not train again what was interrupted while it was evaluated", async () => {
    const controller = new AbortController();
    const counter = countIterations();
    let evaluations = 0;
    const afterEvalIteration = () => {
      evaluations += 1;
      if (evaluations === 3) controller.abort();
    };
    const directory = await interrupt(withPlugin(Object.assign(counter, { afterEvalIteration })), controller);
    expect(counter.count).toBe(16);
    const later = countIterations();
    await goOn(directory, later);
    expect(later.count).toBe(0);
    const whole = await runWithCopies({ ...withPlugin({}), createStrategy: makeNaive }, []);
    expect(await readEnding(directory)).toEqual(await readEnding(whole.directory));
  });

  test("is interrupted between the small experiences of an online stream, too", async () => {
    const controller = new AbortController();
    const counter = countIterations((count) => count === 5 && controller.abort());
    const benchmark = makeBenchmark({ onlineExperienceSize: 10 });
    const directory = await interrupt({ ...withPlugin(counter), benchmark }, controller, RARELY);
    // The rest of its own small experience and the first iteration of the next.
    expect(counter.count).toBe(7);
    const later = countIterations();
    await resume({ ...withPlugin(later), benchmark }, directory, { createStrategy: withPlugin(later).createStrategy });
    expect(counter.count + later.count).toBe(28);
  });

  test("starts from the beginning where no checkpoint was made yet", async () => {
    const directory = await interruptAtTen();
    await rm(join(directory, "checkpoints"), { recursive: true });
    const counter = countIterations();
    await goOn(directory, counter);
    expect(counter.count).toBe(16);
    const whole = await runWithCopies({ ...withPlugin({}), createStrategy: makeNaive }, []);
    expect(await readEnding(directory)).toEqual(await readEnding(whole.directory));
  });

  test("passes over a damaged checkpoint and says so in one line", async () => {
    const directory = await interruptAtTen();
    const [, , newest = ""] = await listCheckpoints(directory);
    const path = join(directory, "checkpoints", newest);
    const bytes = await readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const lines: string[] = [];
    const counter = countIterations();
    await goOn(directory, counter, { onDamage: (line) => lines.push(line) });
    expect(counter.count).toBe(8);
    expect(lines.join("\n")).toMatch(
      /^Going on from checkpoint-000003.safetensors, .* checkpoint-000004.safetensors: .*checksum/,
    );
  });

  test("passes over a checkpoint of metrics that are gone", async () => {
    const directory = await interruptAtTen();
    const size = (await readFile(join(directory, "metrics.jsonl"))).length;
    await truncate(join(directory, "metrics.jsonl"), size - 1);
    const lines: string[] = [];
    const counter = countIterations();
    await goOn(directory, counter, { onDamage: (line) => lines.push(line) });
    // The metric that was cut off came with the first experience's end, where two of the checkpoints are behind it.
    expect(lines.length).toBe(2);
    expect(lines[0]).toMatch(/it needs \d+ bytes of .*metrics.jsonl, which has \d+/);
    expect(counter.count).toBe(10);
  });

  test("refuses a run whose checkpoints are all damaged, and names them", async () => {
    const directory = await interruptAtTen();
    for (const name of await listCheckpoints(directory)) await truncate(join(directory, "checkpoints", name), 500);
    const resumed = goOn(directory, countIterations());
    await expect(resumed).rejects.toThrow(
      /none of its checkpoints can be used \(checkpoint-000004.*; checkpoint-000003/,
    );
    expect(await readdir(directory)).not.toContain("run.lock");
  });

  test("refuses another configuration, key by key", async () => {
    const directory = await interruptAtTen();
    const resumed = goOn(directory, countIterations(), { config: { made: false, more: [1] } });
    await expect(resumed).rejects.toThrow("the run has made true, got false; the run has more undefined, got [1]");
  });

  test("refuses a folder without a run, and one in which a run is going on", async () => {
    const folder = await makeFolder({});
    await expect(goOn(folder, countIterations())).rejects.toThrow("config.json is missing");
    const directory = join(folder, "run");
    await using run = await createTrainingRun(makeOptions(withPlugin({}), directory));
    await run.train();
    await expect(goOn(directory, countIterations())).rejects.toThrow("another run is writing to");
  });

  test("has nothing left to train in a finished run", async () => {
    const { directory } = await runWithCopies({ ...withPlugin({}), createStrategy: makeNaive }, []);
    const before = await readEnding(directory);
    const counter = countIterations();
    await goOn(directory, counter);
    expect(counter.count).toBe(0);
    expect(await readEnding(directory)).toEqual(before);
  });
});

/** Goes on with a run of `withPlugin`. */
async function goOn(directory: string, plugin: StrategyPlugin, options: Partial<ResumeOptions<unknown>> = {}) {
  await using run = await resumeTrainingRun({ ...makeOptions(withPlugin(plugin), directory), ...options });
  const { experiences } = await run.train();
  return { trainSeconds: experiences.map(({ trainSeconds }) => trainSeconds) };
}
