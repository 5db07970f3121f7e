import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { createGenerator, measureRange } from "../../../src/methods/generative_replay/create_generator.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { makeDataset } from "../../support/made_dataset.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

describe("measureRange()", () => {
  test("finds the range of samples of bytes, and none of numbers that may be larger later on", () => {
    const bytes = makeDataset([0, 1, 2, 3]);
    expect(measureRange({ adaptedDataset: bytes.subset([1, 2, 3]) })).toEqual([1, 3]);
    expect(measureRange({ adaptedDataset: bytes.subset([2, 2]) })).toBe(undefined);
    expect(measureRange({ adaptedDataset: makeTask() })).toBe(undefined);
    expect(measureRange({ adaptedDataset: Dataset.concat([bytes, makeTask()]) })).toBe(undefined);
  });
});

describe("createGenerator()", () => {
  test("makes an autoencoder for the model's samples, with a seed of its own, that is trained like the model", async () => {
    const strategy = new Naive(makeOptions({ trainEpochs: 3, trainMbSize: 7, seed: 5 }));
    const options = { latentSize: 3, hiddenSizes: [4], plugins: [] };
    const generator = createGenerator(strategy, { ...options, range: undefined });
    expect(generator.model.inputs[0]?.shape).toEqual([null, 6]);
    expect(generator.model.outputs[0]?.shape).toEqual([null, 6 + 2 * 3]);
    expect([generator.trainEpochs, generator.trainMbSize]).toEqual([3, 7]);
    expect(generator.options.seed).not.toBe(5);
    const ranged = createGenerator(strategy, { ...options, range: [0, 1], generatorEpochs: 9 });
    expect(ranged.trainEpochs).toBe(9);
    expect(ranged.model.layers.map(({ name }) => name)).toContain("stretched");
    await withStrategy(strategy, () => withStrategy(ranged, () => generator.close()));
  });
});
