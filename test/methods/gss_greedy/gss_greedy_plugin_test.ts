import { describe, expect, test } from "bun:test";
import { GSS_greedy, GSSGreedyPlugin } from "../../../src/methods/gss_greedy/gss_greedy_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("GSSGreedyPlugin", () => {
  test("scores each new sample by its gradient's largest cosine with those remembered", async () => {
    // There is room for all, and all are compared with.
    const plugin = new GSSGreedyPlugin({ memSize: 500, memStrength: 500, batchSizeMem: 3 });
    const gradients: number[][] = [];
    let compared = 0;
    const before = createListener(["beforeTrainingIteration"], async (_, strategy) => {
      const { mbatch } = strategy;
      const remembered = gradients.length;
      for (let i = 0; i < mbatch.length; i++) gradients.push([...(await strategy.gradientOn(mbatch.subset([i])))]);
      // Gradients of what is remembered are those of now.
      const past = plugin.memory.samples;
      for (let i = 0; i < remembered; i++) gradients[i] = [...(await strategy.gradientOn(past.subset([i])))];
    });
    const after = createListener(["beforeForward"], (_, { mbatch }) => {
      const { scores } = plugin.memory;
      const past = scores.length - 16;
      expect(mbatch.length).toBe(past === 0 ? 16 : 19);
      for (let i = past; i < scores.length; i++) {
        const cosines = gradients.slice(0, past).map((direction) => cosine(gradients[i] ?? [], direction));
        const wanted = past === 0 ? 0.1 : 1 + Math.max(...cosines);
        expect(Math.abs((scores[i] ?? 0) - wanted)).toBeLessThan(1e-4);
        compared += 1;
      }
    });
    const short = benchmark.trainStream.slice(0, 2);
    const strategy = new Naive(makeOptions({ plugins: [before, plugin, after] }));
    await withStrategy(strategy, () => strategy.train(short));
    expect(compared).toBe(64);
    expect(strategy.plan.reasons).toEqual([]);
  });

  test("offers samples in the first epoch, and replays others than the minibatch's own", async () => {
    const plugin = new GSSGreedyPlugin({ memSize: 500, batchSizeMem: 8 });
    const replayed: string[][] = [];
    const listener = createListener(["beforeForward"], (_, { mbatch }) => void replayed.push(listSamples(mbatch)));
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener], trainEpochs: 2 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
    expect(replayed.map(({ length }) => length)).toEqual([16, 24, 24, 24]);
    expect(new Set(replayed[1]).size).toBe(24);
    expect(listSamples(plugin.memory.samples)).toEqual(replayed.slice(0, 2).flatMap((samples) => samples.slice(0, 16)));
  });

  test("GSSGreedyPlugin() refuses numbers out of range", () => {
    expect(() => new GSSGreedyPlugin({ memSize: 0 })).toThrow("GSSGreedyPlugin: memSize must be at least 1, got 0");
    expect(() => new GSSGreedyPlugin({ memStrength: 0 })).toThrow("memStrength");
    expect(() => new GSSGreedyPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));
}

describe("GSS_greedy", () => {
  test("is Naive with a GSSGreedyPlugin after the other plugins", async () => {
    const own = { memSize: 20, memStrength: 2, batchSizeMem: 5 };
    const made = await trainParameters(new GSS_greedy({ ...makeOptions(), ...own }), benchmark);
    const plugins = [new GSSGreedyPlugin(own)];
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins })), benchmark));
  });
});
