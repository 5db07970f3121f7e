import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { WeightAveragingPlugin } from "../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 96 });

describe("WeightAveragingPlugin", () => {
  test("keeps the slow version's average, over experiences", async () => {
    let slow: number[] = [];
    const following = createListener(["beforeTrainingExp", "afterUpdate"], (callback, { parameters }) => {
      if (callback === "beforeTrainingExp" && slow.length === 0) slow = Array.from(parameters);
      if (callback === "afterUpdate") slow = slow.map((value, i) => 0.9 * value + 0.1 * (parameters[i] ?? 0));
    });
    const plugin = new WeightAveragingPlugin({ decay: 0.9 });
    const strategy = new Naive(makeOptions({ plugins: [following, plugin], trainEpochs: 2 }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(measureDifference(plugin.average ?? [], slow)).toBeLessThan(1e-6);
    expect(
      measureDifference(
        plugin.average ?? [],
        strategy.model.getWeights().flatMap((w) => [...w.dataSync()]),
      ),
    ).toBeGreaterThan(1e-3);
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("evaluates with the average, and trains on as if nobody had", async () => {
    const plain = await trainParameters(new Naive(makeOptions({ trainEpochs: 2 })), {
      ...makeBenchmark(),
      trainStream,
    });
    for (const evaluateAverage of [true, false]) {
      const plugin = new WeightAveragingPlugin({ decay: 0.5, evaluateAverage });
      let compared = 0;
      const comparing = createListener(["afterEvalForward"], async (_, strategy) => {
        const { mbatch, mbOutput, clock } = strategy;
        if (clock.trainIterations === 0 || !plugin.average) return;
        const { data } = await strategy.forwardWith(plugin.average, mbatch);
        expect(measureDifference(data, mbOutput.data) < 1e-6).toBe(evaluateAverage);
        compared += 1;
      });
      const options = makeOptions({ plugins: [plugin, comparing], evalEvery: 1, trainEpochs: 2 });
      const strategy = new Naive(options);
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream, { evalStreams: [testStream] });
        expect(measureDifference(strategy.parameters, plain)).toBe(0);
      });
      expect(compared).toBeGreaterThan(5);
    }
  });

  test("goes on from the average after each experience, when told so", async () => {
    const starts: Float32Array[] = [];
    const averages: Float32Array[] = [];
    const plugin = new WeightAveragingPlugin({ decay: 0.8, adoptAverage: true });
    const noting = createListener(["beforeTrainingExp", "afterTrainingExp"], (callback, { parameters }) => {
      if (callback === "beforeTrainingExp") starts.push(parameters.slice());
      else averages.push((plugin.average ?? new Float32Array()).slice());
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, noting] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(starts.slice(1)).toEqual(averages.slice(0, -1));
  });

  test("grows with a head, in evaluation too", async () => {
    const plugin = new WeightAveragingPlugin({ decay: 0.5 });
    const model = mlp({ ...SMALL_MLP, incremental: true, initialUnits: 1 });
    const strategy = new Naive({ ...makeOptions({ plugins: [plugin] }), model });
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.slice(0, 2));
      const before = strategy.parameters.slice();
      await strategy.eval(testStream);
      // Features come first in the vector: they are where they were.
      expect(strategy.parameters.slice(0, 56)).toEqual(before.slice(0, 56));
      expect(plugin.average?.length).toBe(strategy.parameters.length);
      await strategy.train(trainStream.slice(2));
      expect(plugin.average?.length).toBe(strategy.parameters.length);
    });
  });

  test("WeightAveragingPlugin() refuses a decay out of range", () => {
    expect(() => new WeightAveragingPlugin({ decay: 1.1 })).toThrow(
      "WeightAveragingPlugin: decay must be from 0 to 1, got 1.1",
    );
  });
});
