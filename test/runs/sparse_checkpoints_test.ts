import { afterAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeTask } from "../support/made_task.ts";
import { prepareCopies } from "./copied_run.ts";
import { makeNaive, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

const EXPERIENCES = 8;

function makeOptions(directory: string): ResumeOptions<unknown> {
  const make = (name: string) =>
    Array.from({ length: EXPERIENCES }, (_, seed) => ({
      dataset: makeTask({ samples: 16, seed, name: `${name} ${seed}` }),
    }));
  const benchmark = createBenchmark({
    name: "sparse",
    train: make("train"),
    test: make("test"),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
  // Every checkpoint holds the configuration: these are written after every third experience.
  const config = { remark: "x".repeat(250_000) };
  return { config, exportsModels: false, benchmark, directory, createStrategy: makeNaive };
}

function createWith(plugin: StrategyPlugin) {
  return (parts: RunParts) =>
    new Naive(makeStrategyOptions({ ...parts, plugins: [...parts.plugins, { name: "extra", ...plugin }] }));
}

/** The number of the newest checkpoint: one was written for each so far. */
async function countWritten(directory: string): Promise<number> {
  const [newest = ""] = (await readdir(join(directory, "checkpoints"))).sort().reverse();
  return Number(/\d+/.exec(newest));
}

describe("a run whose checkpoints are large beside their vectors", () => {
  test("writes one for several experiences and one at the end, and a killed run ends like one that was not", async () => {
    const { directory, copies, copier } = await prepareCopies(["beforeTrainingExp"]);
    {
      await using run = await createTrainingRun({ ...makeOptions(directory), createStrategy: createWith(copier) });
      await run.train();
    }
    // After the first, fourth and seventh experience, and after the last.
    expect(await countWritten(directory)).toBe(4);
    for (const killed of [2, 4, 6]) {
      const copy = copies[killed] ?? "";
      await using run = await resumeTrainingRun({ ...makeOptions(copy), createStrategy: createWith({}) });
      await run.train();
      expect(await readEnding(copy)).toEqual(await readEnding(directory));
    }
  }, 60_000);

  test("writes one when it is stopped between experiences, and goes on from there", async () => {
    const [whole, directory] = [join(await makeFolder({}), "whole"), join(await makeFolder({}), "cut")];
    {
      await using run = await createTrainingRun(makeOptions(whole));
      await run.train();
    }
    const stop = new AbortController();
    const onSummary = ({ experiences }: { readonly experiences: readonly unknown[] }) => {
      if (experiences.length === 3) stop.abort(new Error("stopped"));
    };
    {
      const options = { ...makeOptions(directory), createStrategy: createWith({}), onSummary, signal: stop.signal };
      await using run = await createTrainingRun(options);
      await expect(run.train()).rejects.toThrow("stopped");
    }
    expect(await countWritten(directory)).toBe(2);
    const trained: number[] = [];
    const recorder: StrategyPlugin = {
      beforeTrainingExp: ({ experience }) => void trained.push(experience.currentExperience),
    };
    await using run = await resumeTrainingRun({ ...makeOptions(directory), createStrategy: createWith(recorder) });
    await run.train();
    expect(trained).toEqual([3, 4, 5, 6, 7]);
    expect(await readEnding(directory)).toEqual(await readEnding(whole));
  }, 60_000);
});
