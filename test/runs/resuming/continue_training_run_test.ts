import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { createTrainingRun, resumeTrainingRun } from "../../../src/runs/create_training_run.ts";
import type { RunParts } from "../../../src/runs/options/training_run_options.ts";
import { continueTrainingRun, NothingNewError } from "../../../src/runs/resuming/continue_training_run.ts";
import { createBenchmark } from "../../../src/streams/benchmark.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { StreamOptions } from "../../../src/streams/stream_options.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeNaive, makeStrategyOptions } from "../made_run.ts";

afterAll(removeFolders);

/** How the experiences of a stream are. */
interface MadeStream {
  readonly samples?: number;
  readonly classes?: number;
  readonly names?: readonly string[];
  /** Of the benchmark; its data sources are called after it, unless it is the default. */
  readonly name?: string;
  readonly stream?: StreamOptions;
}

/** The first experiences of one stream. */
function makeBenchmark(experiences: number, made: MadeStream = {}): Benchmark {
  const { samples = 64, classes = 4, names, name, stream = {} } = made;
  const prefix = name === undefined ? "" : `${name} `;
  const make = (part: string, length: number) =>
    Array.from({ length: experiences }, (_, seed) => ({
      dataset: makeTask({ samples: length, classes, seed, name: `${prefix}${part} ${seed}` }),
      ...(names ? { name: names[seed] ?? "" } : {}),
    }));
  return createBenchmark({
    ...stream,
    name: name ?? "made",
    train: make("train", samples),
    test: make("test", 24),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

async function runFirst(experiences: number, createStrategy = makeNaive, made: MadeStream = {}) {
  const directory = join(await makeFolder({}), "run");
  const benchmark = makeBenchmark(experiences, made);
  await using run = await createTrainingRun({ benchmark, directory, createStrategy, config: { experiences } });
  return { directory, ...(await run.train()) };
}

async function goOn(directory: string, experiences: number, goOnWith = continueTrainingRun<unknown>) {
  const options = { benchmark: makeBenchmark(experiences), createStrategy: makeNaive, config: { experiences } };
  await using run = await goOnWith({ ...options, directory });
  return await run.train();
}

describe("continueTrainingRun()", () => {
  test("trains the experiences that came later, to the bits of a run over all of them", async () => {
    const { directory } = await runFirst(2);
    const continued = await goOn(directory, 4);
    const whole = await runFirst(4);
    expect(continued.parametersHash).toBe(whole.parametersHash);
    expect(continued.final).toEqual(whole.final);
    expect(continued.experiences.map(({ testAccuracy }) => testAccuracy.length)).toEqual([2, 2, 4, 4]);
    const { dataSources, ...config } = JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
    expect(config).toEqual({ experiences: 4 });
    const parts = ["train", "test"].flatMap((part) => [0, 1, 2, 3].map((number) => `${part} ${number}`));
    expect(Object.keys(dataSources)).toEqual(parts);
  });

  test("leaves a run that resumes, when it ends before its first iteration", async () => {
    const { directory } = await runFirst(2);
    const options = { benchmark: makeBenchmark(3), createStrategy: makeNaive, config: { experiences: 3 } };
    {
      const signal = AbortSignal.abort(new Error("stopped"));
      await using run = await continueTrainingRun({ ...options, directory, signal });
      await expect(run.train()).rejects.toThrow("stopped");
    }
    const resumed = await goOn(directory, 3, resumeTrainingRun);
    expect(resumed.parametersHash).toBe((await runFirst(3)).parametersHash);
  });

  test("leaves the folder as it was, when it is refused", async () => {
    const { directory } = await runFirst(2);
    const before = await readFile(join(directory, "summary.json"), "utf8");
    const config = {};
    const given = { directory, createStrategy: makeNaive, config };
    const refuse = async (benchmark: Benchmark, message: string) => {
      await expect(continueTrainingRun({ ...given, benchmark })).rejects.toThrow(message);
    };
    await refuse(makeBenchmark(2), "nothing is new: the run has trained all 2 experiences of the benchmark");
    await expect(continueTrainingRun({ ...given, benchmark: makeBenchmark(2) })).rejects.toBeInstanceOf(
      NothingNewError,
    );
    await expect(continueTrainingRun({ ...given, benchmark: makeBenchmark(1) })).rejects.not.toBeInstanceOf(
      NothingNewError,
    );
    await refuse(makeBenchmark(1), '"train 1" is gone; "test 1" is gone');
    const [own, other] = ['["train 0", "train 1", "test 0", "test 1"]', makeBenchmark(3, { name: "other" })];
    await refuse(other, `the benchmark "other" has none of the data that the run has read: ${own}`);
    await refuse(
      makeBenchmark(3, { samples: 65 }),
      'the data has changed since the run read it: "train 0" had 64 samples, now 65',
    );
    expect(await readFile(join(directory, "summary.json"), "utf8")).toBe(before);
    const checkpoints = join(directory, "checkpoints");
    const newest = join(checkpoints, (await readdir(checkpoints)).sort().at(-1) ?? "");
    await truncate(newest, 100);
    await refuse(makeBenchmark(3), "the checkpoint of its end: ");
    await rm(checkpoints, { recursive: true });
    await refuse(makeBenchmark(3), "the checkpoint of its end is missing");
  });

  test("refuses a strategy that trains all experiences at once, and a folder without a finished run", async () => {
    const makeJoint = (parts: RunParts) => new JointTraining(makeStrategyOptions(parts));
    const { directory } = await runFirst(2, makeJoint);
    const options = { directory, benchmark: makeBenchmark(3), createStrategy: makeJoint, config: {} };
    await expect(continueTrainingRun(options)).rejects.toThrow("JointTraining trains all experiences at once");
    const empty = await makeFolder({});
    await expect(continueTrainingRun({ ...options, directory: empty })).rejects.toThrow("summary.json is missing");
  });

  test("refuses a stream that passes from one experience to the next by degrees", async () => {
    const online = { onlineExperienceSize: 8 };
    const mixed = { stream: { ...online, decayBeta: 2 } };
    const { directory } = await runFirst(2, makeNaive, mixed);
    const given = { directory, createStrategy: makeNaive, config: {} };
    const refused = continueTrainingRun({ ...given, benchmark: makeBenchmark(3, mixed) });
    await expect(refused).rejects.toThrow("decayBeta mixes each experience with the next, and the run's last one");
    const pure = await runFirst(2, makeNaive, { stream: online });
    await using run = await continueTrainingRun({
      ...given,
      directory: pure.directory,
      benchmark: makeBenchmark(3, { stream: online }),
    });
    expect((await run.train()).parametersHash).toBe((await runFirst(3, makeNaive, { stream: online })).parametersHash);
  });

  test("refuses a run that is not finished, and leaves it to resume", async () => {
    const directory = join(await makeFolder({}), "run");
    const options = { directory, benchmark: makeBenchmark(2), createStrategy: makeNaive, config: {} };
    {
      await using run = await createTrainingRun({ ...options, signal: AbortSignal.abort(new Error("stopped")) });
      await expect(run.train()).rejects.toThrow("stopped");
    }
    const refused = continueTrainingRun({ ...options, benchmark: makeBenchmark(3) });
    await expect(refused).rejects.toThrow("the run is not finished (interrupted); resume it first");
    await using run = await resumeTrainingRun(options);
    expect((await run.train()).parametersHash).toBe((await runFirst(2)).parametersHash);
  });
});

/** The folder of a run that was made before config.json had fingerprints. */
async function forgetSources(directory: string): Promise<void> {
  const path = join(directory, "config.json");
  const { dataSources: _, ...config } = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify(config));
}

describe("continueTrainingRun() of a run without fingerprints", () => {
  test("compares what the summary says of old experiences, and writes fingerprints", async () => {
    const { directory } = await runFirst(2);
    await forgetSources(directory);
    const given = { directory, createStrategy: makeNaive, config: {} };
    const refused = continueTrainingRun({ ...given, benchmark: makeBenchmark(3, { samples: 65 }) });
    await expect(refused).rejects.toThrow("experience 0 had 64 samples when it was trained, now 65");
    const narrower = continueTrainingRun({ ...given, benchmark: makeBenchmark(3, { classes: 2 }) });
    await expect(narrower).rejects.toThrow("experience 0 had the classes [0, 1, 2, 3] when it was trained, now [0, 1]");
    expect((await goOn(directory, 3)).parametersHash).toBe((await runFirst(3)).parametersHash);
    expect(await readFile(join(directory, "config.json"), "utf8")).toContain('"dataSources"');
  });

  test("compares the names of old experiences", async () => {
    const { directory } = await runFirst(2, makeNaive, { names: ["january", "february"] });
    await forgetSources(directory);
    const benchmark = makeBenchmark(3, { names: ["january", "march", "april"] });
    const refused = continueTrainingRun({ directory, createStrategy: makeNaive, config: {}, benchmark });
    await expect(refused).rejects.toThrow('experience 1 was "february" when it was trained, now "march"');
  });
});

describe("resumeTrainingRun()", () => {
  test("refuses data that has changed, unless it is accepted", async () => {
    const { directory } = await runFirst(2);
    const options = { directory, createStrategy: makeNaive, config: { experiences: 2 } };
    const refused = resumeTrainingRun({ ...options, benchmark: makeBenchmark(2, { samples: 65 }) });
    await expect(refused).rejects.toThrow('"train 0" had 64 samples, now 65; "train 1" had 64 samples, now 65 (accept');
    const gone = resumeTrainingRun({ ...options, benchmark: makeBenchmark(1) });
    await expect(gone).rejects.toThrow('"train 1" is gone; "test 1" is gone');
    await using run = await resumeTrainingRun({
      ...options,
      benchmark: makeBenchmark(2, { samples: 65 }),
      acceptChangedData: true,
    });
    await run.train();
    expect(JSON.parse(await readFile(join(directory, "config.json"), "utf8")).dataSources["train 0"].samples).toBe(65);
  });

  test("goes on with a run without fingerprints", async () => {
    const { directory, parametersHash } = await runFirst(2);
    await forgetSources(directory);
    expect((await goOn(directory, 2, resumeTrainingRun)).parametersHash).toBe(parametersHash);
  });

  test("trains an experience that its benchmark has more, with rows of two lengths", async () => {
    const { directory } = await runFirst(2);
    const options = { benchmark: makeBenchmark(3), createStrategy: makeNaive, config: { experiences: 2 } };
    await using run = await resumeTrainingRun({ ...options, directory });
    const { experiences, parametersHash } = await run.train();
    expect(experiences.map(({ testAccuracy }) => testAccuracy.length)).toEqual([2, 2, 3]);
    expect(parametersHash).toBe((await runFirst(3)).parametersHash);
  });
});
