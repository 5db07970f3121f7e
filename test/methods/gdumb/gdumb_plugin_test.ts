import { describe, expect, test } from "bun:test";
import { GDumb, GDumbPlugin } from "../../../src/methods/gdumb/gdumb_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("GDumbPlugin", () => {
  test("trains each time from the first parameters, on the memory alone, the same number of every class", async () => {
    const plugin = new GDumbPlugin({ memSize: 24 });
    const shown: string[][] = [];
    const counts: number[][] = [];
    let initial = new Float32Array(0);
    const listener = createListener(
      ["beforeTraining", "beforeTrainingExp", "beforeTrainingIteration"],
      (callback, strategy) => {
        const { parameters, mbatch, cluster } = strategy;
        if (callback === "beforeTraining") initial = initial.length > 0 ? initial : parameters.slice();
        else if (callback === "beforeTrainingIteration") shown.at(-1)?.push(...listSamples(mbatch));
        else {
          expect(parameters.slice()).toEqual(initial);
          for (const vector of cluster.optimizerState) expect(vector.every((value) => value === 0)).toBe(true);
          shown.push([]);
          const { targets } = strategy.adaptedDataset;
          counts.push([0, 1, 2, 3].map((label) => targets.filter((y) => y === label).length));
          expect(listSamples(strategy.adaptedDataset)).toEqual(listSamples(plugin.storagePolicy.buffer));
        }
      },
    );
    const options = makeOptions({ plugins: [plugin, listener], optimizer: new Adam({ learningRate: 0.01 }) });
    const strategy = new Naive(options);
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      // A later call starts from the same parameters.
      await strategy.train(benchmark.trainStream.at(0));
    });
    expect(counts.slice(0, 4)).toEqual([
      [24, 0, 0, 0],
      [12, 12, 0, 0],
      [8, 8, 8, 0],
      [6, 6, 6, 6],
    ]);
    expect(shown.map((samples) => new Set(samples).size)).toEqual([24, 24, 24, 24, 24]);
  });

  test("leaves the step fused", async () => {
    const strategy = new GDumb({ ...makeOptions(), memSize: 10 });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(strategy.plan.reasons).toEqual([]);
  });

  test("GDumbPlugin() refuses a memory of none, and works with no other plugin that replaces the data", () => {
    expect(() => new GDumbPlugin({ memSize: 0 })).toThrow("GDumbPlugin: memSize must be at least 1, got 0");
    expect(() => new GDumb({ ...makeOptions({ plugins: [new GDumbPlugin()] }) })).toThrow(
      'GDumbPlugin needs nothing beside it that replaces the adapted dataset, got "GDumbPlugin"',
    );
  });
});

describe("GDumb", () => {
  test("is Naive with a GDumbPlugin after the other plugins", async () => {
    const made = await trainParameters(new GDumb({ ...makeOptions(), memSize: 20 }), benchmark);
    const plugins = [new GDumbPlugin({ memSize: 20 })];
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins })), benchmark));
  });
});
