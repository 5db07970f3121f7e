import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Naive } from "../../src/methods/naive/naive.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createTrainingRun } from "../../src/runs/create_training_run.ts";
import { listTrainingUnits } from "../../src/runs/training_units.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeBenchmark } from "./made_run.ts";

afterAll(removeFolders);

/** A run with the plugin given. The caller disposes of it. */
async function makeRun({
  plugin = {},
  signal,
  epochs = 2,
  benchmark = makeBenchmark(),
}: {
  plugin?: StrategyPlugin;
  signal?: AbortSignal;
  epochs?: number;
  benchmark?: Benchmark;
} = {}) {
  const directory = join(await makeFolder({}), "run");
  const run = await createTrainingRun({
    benchmark,
    directory,
    config: { made: true },
    ...(signal ? { signal } : {}),
    createStrategy: ({ evaluator, plugins }) =>
      new Naive({
        model: mlp({ inputShape: [6], hiddenSize: 8, hiddenLayers: 1, numClasses: 4 }),
        optimizer: new SGD({ learningRate: 0.1 }),
        trainMbSize: 16,
        trainEpochs: epochs,
        evaluator,
        plugins: [plugin, ...plugins],
        cluster: { workers: 0 },
      }),
  });
  const readSummary = async () => JSON.parse(await readFile(join(directory, "summary.json"), "utf8"));
  return { run, readSummary };
}

describe("TrainingRun", () => {
  test("train() returns what summary.json holds, with the strategy's own figures", async () => {
    const { run, readSummary } = await makeRun();
    await using _ = run;
    const summary = await run.train();
    expect(await readSummary()).toEqual(JSON.parse(JSON.stringify(summary)));
    expect(summary).toMatchObject({ status: "finished", config: { made: true } });
    expect(summary.experiences.map(({ index, examples, epochs }) => ({ index, examples, epochs }))).toEqual([
      { index: 0, examples: 64, epochs: 2 },
      { index: 1, examples: 64, epochs: 2 },
    ]);
    const metrics = run.strategy.evaluator.getLastMetrics();
    expect(metrics["Top1_Acc_Stream/eval_phase/test_stream/Task000"]).toBe(summary.final?.streamAccuracy);
    for (const { trainSeconds, evalSeconds, onnx } of summary.experiences) {
      expect(trainSeconds).toBeGreaterThan(0);
      expect(evalSeconds).toBeGreaterThan(0);
      expect(onnx?.maxAbsoluteDifference).toBeLessThan(1e-4);
    }
    const seconds = summary.experiences.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0);
    expect(summary.throughput?.trainExamplesPerSecond).toBeCloseTo((2 * 2 * 64) / seconds, 6);
  });

  test("train() measures forgetting by the experiences that pieces were cut from", async () => {
    for (const [options, cutFrom] of [
      [{}, undefined],
      [{ experienceSize: 24 }, [0, 0, 0, 1, 1, 1]],
      [{ onlineExperienceSize: 24 }, undefined],
      [{ experienceSize: 40, onlineExperienceSize: 24 }, [0, 0, 1, 1]],
    ] as const) {
      const { run, readSummary } = await makeRun({ benchmark: makeBenchmark(options) });
      await using _ = run;
      const { experiences, final } = await run.train();
      if (cutFrom) expect(experiences.map((row) => row.cutFrom)).toEqual([...cutFrom]);
      else
        expect(experiences.map((row) => [row.index, "cutFrom" in row])).toEqual([
          [0, false],
          [1, false],
        ]);
      expect(experiences.map(({ index }) => index)).toEqual([...experiences.keys()]);
      expect((await readSummary()).experiences.map((row: { cutFrom?: number }) => row.cutFrom)).toEqual(
        experiences.map((row) => row.cutFrom),
      );
      const learned = experiences.filter(({ index, cutFrom = index }) => cutFrom === 0).at(-1);
      const forgetting = (learned?.testAccuracy[0] ?? 0) - (experiences.at(-1)?.testAccuracy[0] ?? 0);
      expect(forgetting).toBeGreaterThan(0.1);
      expect(final?.averageForgetting).toBeCloseTo(forgetting, 12);
      expect(final?.backwardTransfer).toBeCloseTo(0 - forgetting, 12);
      const metrics = run.strategy.evaluator.getLastMetrics();
      expect(metrics["StreamForgetting/eval_phase/test_stream"]).toBeCloseTo(forgetting, 12);
      expect(metrics["ExperienceBWT/eval_phase/test_stream/Task000/Exp000"]).toBeCloseTo(0 - forgetting, 12);
    }
  });

  test("train() rewrites the summary after every experience", async () => {
    const counts: number[] = [];
    const plugin: StrategyPlugin = {
      beforeTraining: async () => {
        const { status, experiences } = await made.readSummary();
        expect(status).toBe("running");
        counts.push(experiences.length);
      },
    };
    const made = await makeRun({ plugin });
    await using run = made.run;
    await run.train();
    expect(counts).toEqual([0, 1]);
  });

  test("train() ends between two iterations when the signal says so, and keeps what was done", async () => {
    const controller = new AbortController();
    let iterations = 0;
    const plugin: StrategyPlugin = {
      afterTrainingIteration: () => {
        iterations += 1;
        // In the second experience: the first has 2 epochs of 4 iterations.
        if (iterations === 10) controller.abort();
      },
    };
    const { run, readSummary } = await makeRun({ plugin, signal: controller.signal });
    await using _ = run;
    await expect(run.train()).rejects.toThrow();
    expect(iterations).toBe(10);
    const { status, experiences, final } = await readSummary();
    expect({ status, count: experiences.length }).toEqual({ status: "interrupted", count: 1 });
    expect(final).not.toBe(null);
  });

  test("train() says in the summary why it failed, and throws it", async () => {
    const plugin: StrategyPlugin = {
      afterTrainingEpoch: () => {
        throw new Error("the plugin gave up");
      },
    };
    const { run, readSummary } = await makeRun({ plugin });
    await using _ = run;
    await expect(run.train()).rejects.toThrow("the plugin gave up");
    expect(await readSummary()).toMatchObject({ status: "failed", error: "the plugin gave up" });
  });

  test("createTrainingRun() leaves no folder behind when the strategy is refused", async () => {
    const directory = join(await makeFolder({}), "run");
    const options = { benchmark: makeBenchmark(), directory, config: {} };
    const refused = createTrainingRun({
      ...options,
      createStrategy: () => {
        throw new RangeError("no such strategy");
      },
    });
    await expect(refused).rejects.toThrow("no such strategy");
    await expect(readFile(join(directory, "config.json"))).rejects.toThrow("ENOENT");
  });

  test("createTrainingRun() closes the strategy when the folder is refused", async () => {
    const directory = await makeFolder({ "config.json": new Uint8Array() });
    let isClosed = false;
    class WatchedNaive extends Naive {
      override close(): Promise<void> {
        isClosed = true;
        return super.close();
      }
    }
    const refused = createTrainingRun({
      benchmark: makeBenchmark(),
      directory,
      config: {},
      createStrategy: (parts) =>
        new WatchedNaive({
          model: mlp({ inputShape: [6], numClasses: 4 }),
          optimizer: new SGD({ learningRate: 0.1 }),
          ...parts,
        }),
    });
    await expect(refused).rejects.toThrow("holds another run: config.json is there");
    expect(isClosed).toBe(true);
  });
});

describe("listTrainingUnits()", () => {
  test("are the experiences of the train stream", () => {
    const benchmark = makeBenchmark();
    const units = [...listTrainingUnits(benchmark)];
    expect(units.map(({ experience }) => experience)).toEqual([...benchmark.trainStream]);
    for (const { experience, parts } of units) expect([...parts]).toEqual([experience]);
  });

  test("are one with everything, for a strategy that trains jointly", () => {
    const benchmark = makeBenchmark({ onlineExperienceSize: 10 });
    const [unit, ...others] = listTrainingUnits(benchmark, { jointly: true });
    expect(others).toEqual([]);
    expect(unit).toMatchObject({ first: 0, parts: benchmark.trainStream });
    expect(unit?.experience).toMatchObject({ currentExperience: 1, classesSeenSoFar: [0, 1, 2, 3] });
    expect(unit?.experience.dataset.length).toBe(128);
  });

  test("are the small experiences of each origin where there is an online stream, every sample once", () => {
    const benchmark = makeBenchmark({ onlineExperienceSize: 10 });
    const units = [...listTrainingUnits(benchmark)];
    expect(units.map(({ experience }) => experience.currentExperience)).toEqual([0, 1]);
    for (const { experience, parts } of units) {
      const sizes = [...parts].map(({ dataset }) => dataset.length);
      expect(sizes).toEqual([10, 10, 10, 10, 10, 10, 4]);
      expect(experience.dataset.length).toBe(64);
    }
  });
});
