import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import { StreamingLDAClassifier } from "../../../src/methods/streaming_lda/streaming_lda_classifier.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 400, testSamples: 100 });

describe("StreamingLDA", () => {
  test("learns its classifier from each minibatch after it was scored, and leaves the network as it is", async () => {
    const classifier = new StreamingLDAClassifier();
    let before = new Float32Array(0);
    let compared = 0;
    const listener = createListener(["beforeTraining", "afterTrainingIteration"], async (callback, strategy) => {
      if (callback === "beforeTraining") {
        before = strategy.parameters.slice();
        return;
      }
      const features = await strategy.extractFeatures(strategy.mbatch);
      const { data } = classifier.score(features, { width: 4, taskLabels: strategy.mbTaskId });
      expect(measureDifference(strategy.mbOutput.data, data)).toBeLessThan(1e-3);
      classifier.learn(features, strategy.mbatch);
      compared += 1;
    });
    const strategy = new StreamingLDA(makeOptions({ plugins: [listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      expect(strategy.parameters.slice()).toEqual(before);
    });
    expect(compared).toBe(28);
  });

  test("recognises classes that came one after another as well as classes that came together", async () => {
    const accuracies: number[] = [];
    for (const experiences of [4, 1]) {
      const { trainStream, testStream } = makeBenchmark({ experiences, samples: 400, testSamples: 100 });
      const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
      const model = mlp({ ...SMALL_MLP, hiddenSize: 32 });
      const strategy = new StreamingLDA({ ...makeOptions({ model, evaluator }), shrinkage: 0.01 });
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        const metrics = Object.entries(await strategy.eval(testStream));
        accuracies.push(...metrics.flatMap(([key, value]) => (key.includes("Top1_Acc_Stream") ? [Number(value)] : [])));
      });
    }
    const [incremental = 0, joint = 0] = accuracies;
    // Chance is one in four.
    expect(joint).toBeGreaterThan(0.75);
    expect(Math.abs(incremental - joint)).toBeLessThan(0.06);
  });

  test("refuses options out of range", () => {
    expect(() => new StreamingLDA({ ...makeOptions(), shrinkage: 2 })).toThrow("shrinkage");
  });
});
