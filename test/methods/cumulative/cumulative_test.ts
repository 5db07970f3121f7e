import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 64 });

describe("Cumulative", () => {
  test("train() goes through all samples seen so far, each once an epoch", async () => {
    const seen: string[] = [];
    let expected: string[] = [];
    const listener = createListener(
      ["beforeTrainingExp", "beforeTrainingEpoch", "beforeTrainingIteration", "afterTrainingEpoch"],
      (callback, strategy) => {
        if (callback === "beforeTrainingExp") expected = [...expected, ...listSamples(strategy.experience.dataset)];
        if (callback === "beforeTrainingEpoch") seen.length = 0;
        if (callback === "beforeTrainingIteration") seen.push(...listSamples(strategy.mbatch));
        if (callback !== "afterTrainingEpoch") return;
        expect([...seen].sort()).toEqual([...expected].sort());
        expect(strategy.adaptedDataset.length).toBe(16 * (strategy.clock.trainExpCounter + 1));
      },
    );
    const strategy = new Cumulative(makeOptions({ trainEpochs: 2, plugins: [listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.slice(0, 2));
      await strategy.train(trainStream.slice(2));
    });
    // 1 + 2 + 3 + 4 minibatches an epoch.
    expect(strategy.clock.trainIterations).toBe(20);
  });

  test("eval() sees each experience's own samples", async () => {
    const sizes: number[] = [];
    const listener = createListener(
      ["beforeEvalExp"],
      (_, { adaptedDataset }) => void sizes.push(adaptedDataset.length),
    );
    const strategy = new Cumulative(makeOptions({ plugins: [listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      await strategy.eval(testStream);
    });
    expect(sizes).toEqual([8, 8, 8, 8]);
  });

  test("train() remembers what Naive forgets", async () => {
    const accuracies: number[] = [];
    for (const Strategy of [Naive, Cumulative]) {
      const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
      const strategy = new Strategy(
        makeOptions({ trainEpochs: 40, optimizer: new SGD({ learningRate: 0.5 }), evaluator }),
      );
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        const metrics = await strategy.eval(testStream);
        accuracies.push(Number(metrics["Top1_Acc_Stream/eval_phase/test_stream/Task000"]));
      });
    }
    expect(accuracies[0]).toBeLessThan(0.5);
    expect(accuracies[1]).toBeGreaterThan(0.9);
  });
});
