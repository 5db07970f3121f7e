import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Dataset } from "../../src/data/dataset.ts";
import { measureMoments } from "../../src/data/moments.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { Replay } from "../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { exportModel } from "../../src/onnx/export/export_model.ts";
import { ExportSession } from "../../src/onnx/export/export_session.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createTrainingRun } from "../../src/runs/create_training_run.ts";
import { exportStrategy } from "../../src/runs/exports/export_strategy.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import { continueTrainingRun } from "../../src/runs/resuming/continue_training_run.ts";
import { loadStrategy } from "../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../src/saving/save_strategy.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeTask } from "../support/made_task.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { readExactly } from "../training/model/read_statistics.ts";
import { makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

/** The first experiences of one stream. */
function makeBenchmark(experiences: number, options: { onlineExperienceSize?: number } = {}): Benchmark {
  const make = (name: string, samples: number) =>
    Array.from({ length: experiences }, (_, seed) => ({
      dataset: makeTask({ samples, seed, name: `${name} ${seed}` }),
    }));
  return createBenchmark({
    ...options,
    name: "tables",
    train: make("train", 64),
    test: make("test", 24),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

function createStrategy(parts: RunParts): BaseStrategy {
  const model = mlp({ inputShape: [6], hiddenSize: 8, incremental: true, standardize: true });
  return new Replay({ ...makeStrategyOptions(parts), model, memSize: 20 });
}

const create = () => createStrategy({ evaluator: new EvaluationPlugin({ metrics: [] }), plugins: [] });

async function runFirst(experiences: number) {
  const directory = join(await makeFolder({}), "run");
  await using run = await createTrainingRun({
    benchmark: makeBenchmark(experiences),
    directory,
    createStrategy,
    config: {},
  });
  return { directory, ...(await run.train()) };
}

describe("a run of a model that standardises its samples", () => {
  test("continued, ends with the bits of a run over all experiences, in its file too", async () => {
    const { directory } = await runFirst(2);
    const benchmark = makeBenchmark(3);
    await using run = await continueTrainingRun({ benchmark, directory, createStrategy, config: {} });
    const { parametersHash } = await run.train();
    const whole = await runFirst(3);
    expect(parametersHash).toBe(whole.parametersHash);
    const [continued, expected] = await Promise.all(
      [directory, whole.directory].map((folder) => readFile(join(folder, "onnx", "latest.onnx"))),
    );
    expect(continued).toEqual(expected);
  });

  test("gives a file that takes samples as they were measured", async () => {
    const benchmark = makeBenchmark(2);
    await withStrategy(create(), async (strategy) => {
      await strategy.train(benchmark.trainStream);
      const experience = benchmark.trainStream.at(1);
      const { bytes } = await exportStrategy(strategy, { benchmark, experience });
      const { graph } = decodeModel(bytes);
      expect(graph.nodes.map(({ op }) => op).slice(0, 3)).toEqual(["Sub", "Div", "Gemm"]);
      const names = graph.initializers.map(({ name }) => name).filter((name) => name.startsWith("standardization"));
      expect(names).toEqual(["standardization/data_mean", "standardization/data_scale"]);
      const { dataset } = benchmark.testStream.at(0);
      const x = readSamples(dataset);
      const logits = await runFile(bytes, x);
      const { classes } = await strategy.predict(x.data);
      const [, width = 0] = logits.shape;
      const best = Array.from(classes, (_, row) => {
        const scores = [...logits.data.subarray(row * width, (row + 1) * width)];
        return scores.indexOf(Math.max(...scores));
      });
      expect(best).toEqual([...classes]);

      // Behind what a file does with raw values of its own accord.
      const { parameters, cluster } = strategy;
      const preprocess = { scale: 0.5, mean: [1], std: [2] };
      const file = { parameters: parameters.slice(), state: cluster.state.slice(), metadata: {}, preprocess };
      const spec = parseTopology(cluster.model.topology);
      const raw = { ...x, data: x.data.map((value) => (value * 2 + 1) * 2) };
      const found = await runFile(exportModel({ spec, ...file }), raw);
      for (const [i, value] of found.data.entries()) expect(value).toBeCloseTo(logits.data[i] ?? Number.NaN, 4);
    });
  });

  test("is saved and loaded with what it knows of the data", async () => {
    const { trainStream, testStream } = makeBenchmark(2);
    const file = join(await makeFolder({}), "strategy.safetensors");
    const observe = async (strategy: BaseStrategy) => {
      const { probabilities } = await strategy.predict(testStream.at(0).dataset);
      return [probabilities, [...strategy.cluster.state], [...strategy.parameters]];
    };
    await withStrategy(create(), async (strategy) => {
      await strategy.train(trainStream.at(0));
      await saveStrategy(strategy, file);
      await withStrategy(await loadStrategy(file, { cluster: { workers: 0 } }), async (loaded) => {
        expect(await observe(loaded)).toEqual(await observe(strategy));
        for (const one of [strategy, loaded]) await one.train(trainStream.at(1));
        expect(await observe(loaded)).toEqual(await observe(strategy));
      });
    });
  });

  test("learns from each experience of an online stream", async () => {
    const { streams, trainStream } = makeBenchmark(2, { onlineExperienceSize: 10 });
    await withStrategy(create(), async (strategy) => {
      const online = streams.get("train_online");
      if (!online) throw new Error("an online stream");
      await strategy.train(online);
      const all = measureMoments(Dataset.concat([...trainStream].map(({ dataset }) => dataset)), 6);
      const { count, mean } = readExactly(strategy);
      expect(count).toBe(128);
      for (const [c, value] of mean.entries()) expect(value).toBeCloseTo(all.mean[c] ?? Number.NaN, 10);
    });
  });
});

async function runFile(bytes: Uint8Array, x: { readonly data: Float32Array; readonly shape: readonly number[] }) {
  const session = await ExportSession.open(bytes);
  try {
    return await session.run(x);
  } finally {
    await session.close();
  }
}
