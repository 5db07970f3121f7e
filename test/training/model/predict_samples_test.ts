import { describe, expect, test } from "bun:test";
import { elementAt } from "../../../src/core/element_at.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { WeightAveragingPlugin } from "../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { takeSnapshot } from "../../../src/training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import type { PredictionInput } from "../../../src/training/model/prediction_input.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();
const { dataset } = testStream.at(0);
const { data } = readSamples(dataset);
const rows = Array.from(dataset.targets, (_, row) => [...data.subarray(row * 6, row * 6 + 6)]);

function withTrained(use: (strategy: BaseStrategy) => Promise<void>, options: Partial<StrategyOptions> = {}) {
  return withStrategy(new Naive(makeOptions(options)), async (strategy) => {
    await strategy.train(trainStream);
    await use(strategy);
  });
}

describe("BaseStrategy.predict()", () => {
  test("gives the same for samples in every form, in minibatches and on any number of workers", async () => {
    const found: string[] = [];
    for (const options of [{}, { evalMbSize: 3 }, { cluster: { workers: 2, logicalShards: 1 } }]) {
      await withTrained(async (strategy) => {
        const forms: PredictionInput[] = [
          dataset,
          data,
          Float64Array.from(data),
          rows,
          rows.map((row) => Float32Array.from(row)),
        ];
        for (const x of forms) {
          const { classes, probabilities, names } = await strategy.predict(x);
          found.push([classes.join(), probabilities.data.join(), probabilities.shape.join(), names.join()].join("\n"));
        }
      }, options);
    }
    expect(found).toHaveLength(15);
    expect(new Set(found.slice(0, 5)).size).toBe(1);
    expect(new Set(found.slice(5, 10)).size).toBe(1);
    expect(new Set(found.slice(10)).size).toBe(1);
    const classesOf = (text = "") => text.split("\n")[0];
    expect(new Set(found.map(classesOf)).size).toBe(1);
  });

  test("gives what eval() sees: softmax of the outputs, the largest first, by class means and averages too", async () => {
    const outputs: number[] = [];
    const notes = createListener(["afterEvalIteration"], (_, { mbOutput }) => void outputs.push(...mbOutput.data), "n");
    const plugins = [new WeightAveragingPlugin({ decay: 0.9 }), new NCMPlugin(), notes];
    await withTrained(
      async (strategy) => {
        await strategy.eval(testStream.at(0));
        const { classes, probabilities } = await strategy.predict(dataset);
        expect(probabilities.shape).toEqual([dataset.length, 4]);
        for (const [row, id] of classes.entries()) {
          const scores = outputs.slice(row * 4, row * 4 + 4);
          const total = scores.reduce((sum, score) => sum + Math.exp(score - Math.max(...scores)), 0);
          const expected = scores.map((score) => Math.fround(Math.exp(score - Math.max(...scores)) / total));
          for (const [column, share] of expected.entries()) {
            expect(elementAt(probabilities.data, row * 4 + column)).toBeCloseTo(share, 6);
          }
          expect(id).toBe(scores.indexOf(Math.max(...scores)));
        }
      },
      { plugins },
    );
  });

  test("names classes by the streams that were trained, or as it is told", async () => {
    const x = new Float32Array([0, 0, 9, 9]);
    const posted = createArrayDataset({ name: "posted", x, y: [7, 1000], sampleShape: [2] });
    const benchmark = createDatasetBenchmark({ name: "posted", train: [posted], test: [posted] });
    const model = mlp({ ...SMALL_MLP, inputShape: [2], numClasses: 2 });
    await withStrategy(new Naive(makeOptions({ model, trainEpochs: 50 })), async (strategy) => {
      expect((await strategy.predict([[0, 0]])).names).toHaveLength(1);
      await strategy.train(benchmark.trainStream);
      expect((await strategy.predict(x)).names).toEqual(["7", "1000"]);
      expect((await strategy.predict(x, { classNames: ["ant", "bee"] })).names).toEqual(["ant", "bee"]);
      expect((await strategy.predict(x, { classNames: ["ant"] })).names).toEqual(["ant", "1"]);
    });
  });

  test("gives numbers, and the probability of each label, where the strategy learned these", async () => {
    const x = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
    const [first, second] = [0, 1].map((at) => Array.from({ length: 30 }, (_, row) => x[2 * row + at] ?? 0));
    const both = Array.from({ length: 30 }, (_, row) => [first?.[row] ?? 0, second?.[row] ?? 0]);
    const regression = { values: both.map(([a = 0, b = 0]) => [2 * a - b, b + 3]), targetNames: ["price", "weight"] };
    const tagging = {
      labels: both.map((row) => row.map((value) => (value > 0 ? 1 : 0))),
      targetNames: ["red", "round"],
    };
    const train = async (targets: typeof regression | typeof tagging, criterion: Criterion) => {
      const data = createArrayDataset({ name: "posted", x, sampleShape: [2], ...targets });
      const { trainStream } = createDatasetBenchmark({ name: "posted", train: [data], test: [data] });
      const model = mlp({ inputShape: [2], hiddenLayers: 0, numClasses: 2 });
      const strategy = new Naive(makeOptions({ model, criterion, trainEpochs: 200 }));
      return await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        return await strategy.predict(data);
      });
    };

    const numbers = await train(regression, new MSELoss());
    expect(numbers).toMatchObject({ kind: "values", columns: ["price", "weight"], names: [], labels: [] });
    expect([numbers.values.shape, numbers.probabilities.shape, numbers.classes.length]).toEqual([[30, 2], [30, 0], 0]);
    for (const [i, value] of regression.values.flat().entries()) {
      expect(elementAt(numbers.values.data, i)).toBeCloseTo(value, 1);
    }

    const tags = await train(tagging, new BCEWithLogitsLoss());
    expect(tags).toMatchObject({ kind: "labels", columns: ["red", "round"], names: [] });
    const far = both.map((row) => row.every((value) => Math.abs(value) > 0.4));
    const wanted = tagging.labels.map((row) => ["red", "round"].filter((_, column) => row[column] === 1));
    expect(tags.labels.filter((_, row) => far[row])).toEqual(wanted.filter((_, row) => far[row]));
    for (const [i, score] of tags.values.data.entries()) {
      expect(elementAt(tags.probabilities.data, i)).toBeCloseTo(1 / (1 + Math.exp(-score)), 6);
    }
  });

  test("takes the head of each sample's task, in any order", async () => {
    const tasks = makeBenchmark({ taskLabels: true });
    const options = makeOptions({ model: mlp({ ...SMALL_MLP, multiHead: true }), cluster: { workers: 1 } });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(tasks.trainStream);
      const [first, second] = [...tasks.testStream].map((experience) => experience.dataset);
      if (!first || !second) throw new Error("two experiences");
      const apart = [await strategy.predict(second), await strategy.predict(first)];
      const joined = await strategy.predict(Dataset.concat([second, first]));
      expect([...joined.classes]).toEqual(apart.flatMap(({ classes }) => [...classes]));
      expect([...joined.probabilities.data]).toEqual(apart.flatMap(({ probabilities }) => [...probabilities.data]));
      const x = readSamples(second).data;
      expect(await strategy.predict(x, { taskLabels: 1 })).toEqual(elementAt(apart, 0));
      expect(await strategy.predict(x)).not.toEqual(elementAt(apart, 0));
      await expect(strategy.predict(x, { taskLabels: 5 })).rejects.toThrow(
        "task labels that have a head (0, 1), got 5",
      );
      expect(await strategy.predict(x, { taskLabels: 1 })).toEqual(elementAt(apart, 0));
    });
  });

  test("changes nothing, and gives nothing for nothing", async () => {
    await withTrained(async (strategy) => {
      const before = takeSnapshot(strategy);
      for (let size = 1; size <= rows.length; size++) await strategy.predict(rows.slice(0, size));
      expect(takeSnapshot(strategy)).toEqual(before);
      const values = { data: new Float32Array(0), shape: [0, 4] };
      const columns = ["0", "1", "2", "3"];
      const classes = new Int32Array(0);
      const nothing = {
        kind: "classes",
        classes,
        names: [],
        labels: [],
        probabilities: values,
        values,
        columns,
      } as const;
      for (const x of [[], new Float32Array(0), Dataset.empty()]) expect(await strategy.predict(x)).toEqual(nothing);
    });
  });

  test("takes turns where it is called again, and makes train and eval wait to be called", async () => {
    await withTrained(async (strategy) => {
      const alone = await strategy.predict(rows);
      const [first, , third] = await Promise.allSettled([
        strategy.predict(rows),
        strategy.predict([[1]]),
        strategy.predict(rows),
      ]);
      expect(first).toEqual({ status: "fulfilled", value: alone });
      expect(third).toEqual({ status: "fulfilled", value: alone });
      const forgotten = strategy.predict(rows);
      const sentence = "was called while predict() goes on: write `await strategy.predict(…)`";
      await expect(strategy.train(trainStream)).rejects.toThrow(`train() ${sentence}`);
      await expect(strategy.eval(testStream)).rejects.toThrow(`eval() ${sentence}`);
      await forgotten;
      const training = strategy.train(trainStream);
      await expect(strategy.predict(rows)).rejects.toThrow("predict() was called while train() goes on");
      await training;
    });
  });

  for (const [x, options, sentence] of [
    [[[1, 2]], {}, "x, row 0: a sample must be of shape [6], got 2 values"],
    [[rows[0] ?? [], 3], {}, "x, row 1: a sample must be of shape [6], got 3; one sample is a list of one"],
    [new Float32Array(7), {}, "x must hold a multiple of 6 values, samples of shape [6], got 7"],
    [[[1, 2, 3, 4, 5, Number.NaN]], {}, "x, row 0: values must be finite float32 numbers, got NaN"],
    [rows, { taskLabels: [0] }, `taskLabels must be one a sample, ${rows.length}, got 1`],
    [rows.slice(0, 1), { taskLabels: [0.5] }, "taskLabels.0 must be a whole number of at least 0, got 0.5"],
    [createArrayDataset({ name: "flat", x: new Float32Array(2), y: [0], sampleShape: [2] }), {}, 'got [2] in "flat"'],
  ] as const) {
    test(`refuses what it cannot predict: ${sentence}`, async () => {
      await withStrategy(new Naive(makeOptions()), async (strategy) => {
        const refusal = await strategy.predict(x, options).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(RefusalError);
        expect(String(refusal)).toContain(sentence);
      });
    });
  }
});
