import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";

describe("Naive", () => {
  test("train() is the plain loop on each experience's own samples", async () => {
    const benchmark = makeBenchmark();
    expect(await trainParameters(new Naive(makeOptions()), benchmark)).toEqual(
      await trainParameters(new BaseStrategy(makeOptions()), benchmark),
    );
    const sizes: number[] = [];
    const classes = new Set<string>();
    const listener = createListener(["beforeTrainingIteration"], (_, { mbatch, mbY, experience }) => {
      sizes.push(mbatch.length);
      for (const label of mbY) classes.add(`${experience.currentExperience}: ${label}`);
    });
    const strategy = new Naive(makeOptions({ trainMbSize: 12, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    // The last short minibatch of an experience is kept.
    expect(sizes).toEqual([12, 12, 8, 12, 12, 8]);
    expect([...classes].sort()).toEqual(["0: 0", "0: 1", "1: 2", "1: 3"]);
  });

  test("train() balances tasks in each minibatch, where an experience has several", async () => {
    const benchmark = makeBenchmark({ taskLabels: true });
    const labels: string[] = [];
    const joining = createListener(["afterTrainDatasetAdaptation"], (_, strategy) => {
      strategy.adaptedDataset = Dataset.concat([...benchmark.trainStream].map(({ dataset }) => dataset));
    });
    const listener = createListener(["beforeTrainingIteration"], (_, { mbTaskId }) => {
      labels.push(mbTaskId.join(""));
    });
    const strategy = new Naive(makeOptions({ trainMbSize: 10, plugins: [joining, listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
    expect(labels).toHaveLength(7);
    expect(new Set(labels.slice(0, -1))).toEqual(new Set(["0000011111"]));
  });
});
