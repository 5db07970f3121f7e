import { describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { LatentReplayPlugin } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { TrainOptions } from "../../../src/training/loop/train_options.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

/** Two experiences of 32 samples. */
const { trainStream } = makeBenchmark();

/** The inputs of minibatches, those of an epoch in one list; every experience is trained for 2 epochs. */
async function listInputs(
  create: (options: StrategyOptions) => BaseStrategy,
  options: TrainOptions = {},
): Promise<number[][]> {
  const epochs: number[][] = [];
  const listener = createListener(["beforeTrainingEpoch", "beforeTrainingIteration"], (callback, { mbX }) => {
    if (callback === "beforeTrainingEpoch") epochs.push([]);
    else epochs.at(-1)?.push(...mbX.data);
  });
  const strategy = create(makeOptions({ trainEpochs: 2, trainMbSize: 12, plugins: [listener] }));
  await withStrategy(strategy, () => strategy.train(trainStream, options));
  return epochs;
}

const inOrder = [...trainStream].map(({ dataset }) => [...readSamples(dataset).data]);

describe("train({ shuffle: false })", () => {
  test("leaves samples in their order, in every epoch", async () => {
    const epochs = await listInputs((options) => new Naive(options), { shuffle: false });
    expect(epochs).toEqual(inOrder.flatMap((inputs) => [inputs, inputs]));
  });

  test("shuffles otherwise, as a call without it does", async () => {
    const create = (options: StrategyOptions) => new Naive(options);
    const epochs = await listInputs(create, { shuffle: true });
    expect(epochs).toEqual(await listInputs(create));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]).not.toEqual(inOrder[0]);
  });

  test("holds for loaders that plugins make, and for that call alone", async () => {
    const seen: boolean[] = [];
    const listener = createListener(["beforeTrainingExp"], (_callback, { shuffle }) => void seen.push(shuffle));
    const strategy = new Naive(makeOptions({ plugins: [listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0), { shuffle: false });
      expect(strategy.shuffle).toBe(true);
      await strategy.train(trainStream.at(1));
    });
    expect(seen).toEqual([false, true]);
  });

  for (const [name, create] of [
    ["Replay", (options: StrategyOptions) => new Replay({ ...options, memSize: 10 })],
    [
      "LatentReplay",
      (options: StrategyOptions) => {
        const latent = new LatentReplayPlugin({ memSize: 10, layerName: "fc0" });
        return new Naive({ ...options, plugins: [...(options.plugins ?? []), latent] });
      },
    ],
  ] as const) {
    test(`leaves the current samples of ${name} in their order`, async () => {
      const [, , first = [], second = []] = await listInputs(create, { shuffle: false });
      expect(first.slice(0, 20)).toEqual(inOrder[1]?.slice(0, 20) ?? []);
      expect(second.slice(0, 20)).toEqual(inOrder[1]?.slice(0, 20) ?? []);
    });
  }
});
