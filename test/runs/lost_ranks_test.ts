import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Ranks } from "../../src/cluster/ranks/ranks.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { createTrainingRun, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import { readRunSummary } from "../../src/runs/read_run_files.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeBenchmark, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

describe("TrainingRun, when ranks are lost and the others go on", () => {
  test("lists them with the iteration in its summary, also after it was resumed", async () => {
    const directory = join(await makeFolder({}), "run");
    const stop = new AbortController();
    /** Loses a rank in the middle of one iteration, and is told to stop in a later one. */
    function createStrategy(parts: RunParts): BaseStrategy {
      const ranks = Ranks.single();
      const plugin = {
        name: "Losing",
        beforeForward({ clock: { trainIterations } }: BaseStrategy) {
          if (trainIterations === 3) ranks.noteLoss({ rank: 2, name: "rank 2 of 4", left: 3 });
          if (trainIterations === 10 && !stop.signal.aborted) stop.abort(new Error("told to stop"));
          if (trainIterations === 12) ranks.noteLoss({ rank: 1, name: "rank 1 of 4", left: 2 });
        },
      };
      const options = makeStrategyOptions({ ...parts, plugins: [...parts.plugins, plugin] });
      return new Naive({ ...options, cluster: { workers: 0, ranks } });
    }
    const options = { benchmark: makeBenchmark(), config: {}, exportsModels: false, createStrategy };
    {
      await using run = await createTrainingRun({ ...options, directory, signal: stop.signal });
      await expect(run.train()).rejects.toThrow("told to stop");
    }
    const first = { rank: 2, left: 3, iteration: 3 };
    expect((await readRunSummary(directory))?.lostRanks).toEqual([first]);
    await using run = await resumeTrainingRun({ ...options, directory });
    const { lostRanks } = await run.train();
    expect(lostRanks).toEqual([first, { rank: 1, left: 2, iteration: 12 }]);
    expect((await readRunSummary(directory))?.lostRanks).toEqual([first, { rank: 1, left: 2, iteration: 12 }]);
  });
});
