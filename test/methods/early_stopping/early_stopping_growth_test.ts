import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { EarlyStoppingPlugin } from "../../../src/methods/early_stopping/early_stopping_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { ModelGrowth } from "../../../src/training/model/model_growth.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

/** What is kept of a strategy, moved with each growth. */
interface Kept {
  parameters: Float32Array;
  optimizer: Float32Array[];
}

describe("EarlyStoppingPlugin.afterModelGrowth()", () => {
  test("brings the best parameters back, moved to their new places, when the model grew after them", async () => {
    const { trainStream, testStream } = makeBenchmark({ samples: 96 });
    const kept: Kept[] = [];
    let grew = false;
    const watcher = {
      // The first evaluation is that of iteration 0; with a margin of 1 no later one is better.
      async afterTrainingIteration(strategy: BaseStrategy) {
        if (strategy.clock.trainExpIterations === 0) {
          const optimizer = strategy.cluster.optimizerState.map((vector) => vector.slice());
          kept.push({ parameters: strategy.parameters.slice(), optimizer });
        }
        if (strategy.clock.trainExpIterations === 1) await strategy.eval(testStream.at(1));
      },
      afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth) {
        grew = true;
        for (const one of kept) {
          one.parameters = growth.remap(one.parameters, strategy.parameters);
          one.optimizer = one.optimizer.map((vector) => growth.remap(vector));
        }
      },
    };
    const stopping = new EarlyStoppingPlugin({ patience: 9, valStreamName: "train", margin: 1 });
    const options = makeOptions({
      model: mlp({ ...SMALL_MLP, incremental: true }),
      optimizer: new Adam({ learningRate: 0.05 }),
      evaluator: new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) }),
      plugins: [watcher, stopping],
      evalEvery: 1,
      evalMode: "iteration",
    });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(trainStream.at(0));
      expect(grew).toBe(true);
      expect(strategy.parameters.slice()).toEqual(Float32Array.from(kept[0]?.parameters ?? []));
      expect(strategy.cluster.optimizerState.map((vector) => [...vector])).toEqual(
        (kept[0]?.optimizer ?? []).map((vector) => [...vector]),
      );
    });
  });
});
