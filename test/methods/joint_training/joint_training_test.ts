import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream } = makeBenchmark({ experiences: 4, samples: 64 });

describe("JointTraining", () => {
  test("train() goes through the samples of all experiences in each epoch of one training run", async () => {
    const epochs: string[][] = [];
    const listener = createListener(["beforeTrainingEpoch", "beforeTrainingIteration"], (callback, { mbatch }) => {
      if (callback === "beforeTrainingEpoch") epochs.push([]);
      else epochs.at(-1)?.push(...listSamples(mbatch));
    });
    const strategy = new JointTraining(makeOptions({ trainEpochs: 2, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    const all = [...trainStream].flatMap(({ dataset }) => listSamples(dataset)).sort();
    expect(epochs.map((samples) => [...samples].sort())).toEqual([all, all]);
    expect(strategy.clock.trainExpCounter).toBe(1);
  });

  test("train() evaluates each experience that it trains on, when nothing else is to be evaluated", async () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ experience: true }) });
    const strategy = new JointTraining(makeOptions({ evaluator, evalEvery: 0 }));
    const metrics = await withStrategy(strategy, () => strategy.train(trainStream));
    const keys = [0, 1, 2, 3].map((i) => `Top1_Acc_Exp/eval_phase/train_stream/Task000/Exp00${i}`);
    expect(Object.keys(metrics)).toEqual(expect.arrayContaining(keys));
  });

  test("train() refuses a second call", async () => {
    const strategy = new JointTraining(makeOptions());
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      await expect(strategy.train(trainStream)).rejects.toThrow(
        "JointTraining trains once, with all experiences in one call",
      );
    });
  });
});
