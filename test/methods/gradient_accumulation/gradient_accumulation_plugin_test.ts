import { describe, expect, test } from "bun:test";
import { GradientAccumulationPlugin } from "../../../src/methods/gradient_accumulation/gradient_accumulation_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

// 44 samples an experience: minibatches of 8, 8, 8, 8, 8, 4.
const benchmark = makeBenchmark({ samples: 88 });

describe("GradientAccumulationPlugin", () => {
  for (const minibatches of [1, 2, 4, 100]) {
    test(`gives the parameters of minibatches ${minibatches} times as large`, async () => {
      const train = (trainMbSize: number, plugins: GradientAccumulationPlugin[]) =>
        trainParameters(
          new Naive(makeOptions({ trainMbSize, plugins, trainEpochs: 3, optimizer: new Adam() })),
          benchmark,
        );
      const wanted = await train(8 * minibatches, []);
      const made = await train(8, [new GradientAccumulationPlugin({ minibatches })]);
      expect(measureDifference(made, wanted)).toBeLessThan(1e-5);
    });
  }

  test("leaves parameters alone between steps, and forgets what a stopped epoch left over", async () => {
    const moved: boolean[] = [];
    let before = new Float32Array();
    const watching = createListener(["beforeTrainingIteration", "afterUpdate"], (callback, strategy) => {
      if (callback === "beforeTrainingIteration") before = strategy.parameters.slice();
      else moved.push(measureDifference(strategy.parameters, before) > 0);
      if (callback === "afterUpdate" && strategy.clock.trainIterations === 0) strategy.stopTraining();
    });
    const plugins = [new GradientAccumulationPlugin({ minibatches: 3 }), watching];
    const strategy = new Naive(makeOptions({ trainMbSize: 8, plugins }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(moved).toEqual([false, false, false, true, false, false, true]);
  });

  test("GradientAccumulationPlugin() refuses fewer minibatches than one", () => {
    expect(() => new GradientAccumulationPlugin({ minibatches: 0 })).toThrow(
      "GradientAccumulationPlugin: minibatches must be at least 1, got 0",
    );
  });
});

describe("skipUpdate()", () => {
  test("comes too late where the replicas have made the update, and outside an iteration", async () => {
    const late = createListener(["afterUpdate"], (_, strategy) => strategy.skipUpdate());
    const training = trainParameters(new Naive(makeOptions({ plugins: [late] })));
    await expect(training).rejects.toThrow("skipUpdate() must be called before the update");
    const strategy = new Naive(makeOptions());
    await withStrategy(strategy, async () =>
      expect(() => strategy.skipUpdate()).toThrow("inside a training iteration"),
    );
  });
});
