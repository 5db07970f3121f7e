import { afterAll, describe, expect, test } from "bun:test";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { decodeCheckpoint } from "../../src/runs/checkpoints/checkpoint_codec.ts";
import { parseRunCheckpoint } from "../../src/runs/checkpoints/run_checkpoint.ts";
import { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import { continueTrainingRun } from "../../src/runs/resuming/continue_training_run.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeTask } from "../support/made_task.ts";
import { makeNaive, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

const EXPERIENCES = 104;

/** So many experiences of a few samples each, trained and tested: the accuracy matrix is too large for a checkpoint. */
function makeLongBenchmark(experiences: number): Benchmark {
  const make = (name: string) => {
    const task = makeTask({ samples: 4 * (EXPERIENCES + 2), name: `long ${name}` });
    return Array.from({ length: experiences }, (_, i) => ({
      dataset: task.subset([0, 1, 2, 3].map((k) => 4 * i + k)),
    }));
  };
  return createBenchmark({
    name: "long",
    train: make("train"),
    test: make("test"),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

function makeOptions(directory: string, experiences = EXPERIENCES): ResumeOptions<unknown> {
  const benchmark = makeLongBenchmark(experiences);
  return { config: {}, exportsModels: false, benchmark, directory, createStrategy: makeNaive };
}

async function train(options: ResumeOptions<unknown>): Promise<void> {
  await using run = await createTrainingRun(options);
  await run.train();
}

async function listMatrix(directory: string): Promise<string[]> {
  return (await readFile(join(directory, "accuracy_matrix.csv"), "utf8")).trimEnd().split("\n");
}

describe("a run whose matrix is too large for its checkpoints", () => {
  let trained: Promise<string> | undefined;
  /** A folder with a copy of the whole run, which is trained once. */
  async function copyWhole(): Promise<string> {
    trained ??= makeFolder({}).then(async (folder) => {
      await train(makeOptions(join(folder, "whole")));
      return join(folder, "whole");
    });
    const directory = join(await makeFolder({}), "copy");
    await cp(await trained, directory, { recursive: true });
    return directory;
  }

  test("is resumed to the same end, with rows that its checkpoints do not hold", async () => {
    const [whole, directory] = [await copyWhole(), join(await makeFolder({}), "cut")];
    const stop = new AbortController();
    const stopping: StrategyPlugin = {
      name: "stopping",
      beforeTrainingExp: ({ experience }) => {
        if (experience.currentExperience === EXPERIENCES - 1) stop.abort(new Error("stopped"));
      },
    };
    const createWith = (plugin: StrategyPlugin) => (parts: RunParts) =>
      new Naive(makeStrategyOptions({ ...parts, plugins: [...parts.plugins, plugin] }));
    const stopped = { ...makeOptions(directory), createStrategy: createWith(stopping), signal: stop.signal };
    await expect(train(stopped)).rejects.toThrow("stopped");
    const [newest = ""] = (await readdir(join(directory, "checkpoints"))).sort().reverse();
    const stored = parseRunCheckpoint(decodeCheckpoint(await readFile(join(directory, "checkpoints", newest))));
    expect(stored.experiences.map(({ testAccuracy, cells }) => [testAccuracy, cells])).toEqual(
      new Array(EXPERIENCES - 1).fill([undefined, EXPERIENCES]),
    );
    const createStrategy = createWith({ name: "stopping" });
    await using run = await resumeTrainingRun({ ...makeOptions(directory), createStrategy });
    await run.train();
    expect(await readEnding(directory)).toEqual(await readEnding(whole));
  }, 180_000);

  test("is continued with experiences that came later", async () => {
    const directory = await copyWhole();
    const before = await listMatrix(directory);
    await using run = await continueTrainingRun(makeOptions(directory, EXPERIENCES + 2));
    const { experiences } = await run.train();
    expect(experiences.map(({ testAccuracy }) => testAccuracy.length)).toEqual([
      ...before.map(() => EXPERIENCES),
      EXPERIENCES + 2,
      EXPERIENCES + 2,
    ]);
    expect((await listMatrix(directory)).slice(0, EXPERIENCES)).toEqual(before.map((line) => `${line},,`));
  }, 180_000);
});
