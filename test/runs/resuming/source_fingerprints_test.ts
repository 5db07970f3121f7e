import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createTrainingRun, resumeTrainingRun } from "../../../src/runs/create_training_run.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeNaive } from "../made_run.ts";

afterAll(removeFolders);

function makeSet(name: string, seed: number) {
  return makeTask({ samples: 32, seed, name });
}

describe("fingerprints of a run's data", () => {
  test("are of every source: two of one name are refused before the run has a folder", async () => {
    const directory = join(await makeFolder({}), "run");
    const sets = { train: [makeSet("mine", 0), makeSet("mine", 1)], test: [makeSet("test", 2)] };
    const benchmark = createDatasetBenchmark({ name: "made", ...sets });
    const refused = createTrainingRun({ benchmark, directory, createStrategy: makeNaive, config: {} });
    await expect(refused).rejects.toThrow('"made" needs data sets with names of their own, got "mine"');
    expect(existsSync(directory)).toBe(false);
  });

  test("are of a data set once that trains and tests, and the run goes on", async () => {
    const directory = join(await makeFolder({}), "run");
    const make = (seed: number) => {
      const sets = [makeSet("a", seed), makeSet("b", 1)];
      return createDatasetBenchmark({ name: "made", train: sets, test: sets, taskLabels: true });
    };
    const options = { directory, createStrategy: makeNaive, config: {} };
    {
      await using run = await createTrainingRun({ ...options, benchmark: make(0) });
      await run.train();
    }
    const { dataSources } = JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
    expect(Object.keys(dataSources)).toEqual(["a, task 0", "b, task 1"]);
    await (await resumeTrainingRun({ ...options, benchmark: make(0) })).close();
    const changed = resumeTrainingRun({ ...options, benchmark: make(3) });
    await expect(changed).rejects.toThrow('"a, task 0" has other contents (accept');
  });
});
