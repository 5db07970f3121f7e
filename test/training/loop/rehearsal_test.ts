import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { BiC } from "../../../src/methods/bic/bic_plugin.ts";
import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { DER } from "../../../src/methods/der/der_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

/** Two experiences of 34 and 32 samples: minibatches of 11 leave one over in the first. */
const ODD = makeBenchmark({ samples: 66, testSamples: 8 });

/** A small network with batch normalisation of vectors. */
function createNormalized(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, inputShape: [6], name: "hidden" }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.dense({ units: 4, name: "head" }),
    ],
  });
}

/** Trains, and counts the iterations that were made before a refusal. */
async function tryTraining(
  create: (options: StrategyOptions) => BaseStrategy,
  options: Partial<StrategyOptions>,
  stream = ODD.trainStream,
) {
  let iterations = 0;
  const listener = createListener(["afterTrainingIteration"], () => {
    iterations += 1;
  });
  const strategy = create(makeOptions({ ...options, plugins: [listener] }));
  const message = await withStrategy(strategy, () => strategy.train(stream).then(() => "trained", String));
  return { message, iterations };
}

describe("train()", () => {
  test("refuses a last minibatch of one sample with batch normalisation before anything is trained", async () => {
    const { message, iterations } = await tryTraining((options) => new Naive(options), {
      model: createNormalized(),
      trainMbSize: 11,
    });
    expect(message).toContain('experience 0 of the stream "train" has a minibatch of 1 sample');
    expect(message).toContain('the layer "norm" normalizes by the batch\'s variance, which takes 2');
    expect(message).toContain("dropLast (--drop-last)");
    expect(iterations).toBe(0);
  });

  test("trains the same with dropLast or with another minibatch size", async () => {
    const naive = (options: StrategyOptions) => new Naive(options);
    for (const options of [{ trainMbSize: 11, dropLast: true }, { trainMbSize: 16 }]) {
      const { message } = await tryTraining(naive, { model: createNormalized(), ...options });
      expect(message).toBe("trained");
    }
  });

  test("refuses more tasks than a minibatch has places, and trains where there are as many", async () => {
    const tasks = makeBenchmark({ experiences: 4, samples: 32, testSamples: 8, taskLabels: true });
    const cumulative = (options: StrategyOptions) => new Cumulative(options);
    const refused = await tryTraining(cumulative, { trainMbSize: 3 }, tasks.trainStream);
    expect(refused.message).toContain("trainMbSize (--batch-size) must be at least 4, got 3");
    expect(refused.iterations).toBe(0);
    expect((await tryTraining(cumulative, { trainMbSize: 4 }, tasks.trainStream)).message).toBe("trained");
  });

  test("refuses BiC where no sample can be held out, and trains it where one can", async () => {
    const bic = (options: StrategyOptions) => new BiC({ ...options, memSize: 20 });
    const single = createOnlineStream(ODD.trainStream, { experienceSize: 1, random: new RandomStream(0, "pieces") });
    const refused = await tryTraining(bic, {}, single as typeof ODD.trainStream);
    expect(refused.message).toContain("BiCPlugin: ");
    expect(refused.message).toContain("no sample could be held out");
    expect((await tryTraining(bic, {})).message).toBe("trained");
  });

  test("refuses side batches of one row that a normalisation cannot take, when the strategy is made", () => {
    const make = () => new DER({ ...makeOptions({ model: createNormalized() }), batchSizeMem: 1 });
    expect(make).toThrow('DERPlugin: batchSizeMem must be at least 2 for the layer "norm"');
  });

  test("refuses nothing that can be trained: sizes and strategies in turn", async () => {
    for (const trainMbSize of [1, 2, 7, 16, 33, 64]) {
      for (const create of [
        (options: StrategyOptions) => new Naive(options),
        (options: StrategyOptions) => new Replay({ ...options, memSize: 9 }),
        (options: StrategyOptions) => new Cumulative(options),
      ]) {
        expect((await tryTraining(create, { trainMbSize })).message).toBe("trained");
      }
    }
  });
});
