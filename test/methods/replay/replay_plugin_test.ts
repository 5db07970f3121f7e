import { describe, expect, test } from "bun:test";
import type { Dataset } from "../../../src/data/dataset.ts";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import type { ExemplarsBuffer } from "../../../src/memory/buffers/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../../src/memory/buffers/experience_balanced_buffer.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { ReplayOptions } from "../../../src/methods/replay/options.ts";
import { Replay, ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const BUFFERS: Record<string, (maxSize: number) => ExemplarsBuffer> = {
  ReservoirSamplingBuffer: (maxSize) => new ReservoirSamplingBuffer({ maxSize }),
  ClassBalancedBuffer: (maxSize) => new ClassBalancedBuffer({ maxSize }),
  ExperienceBalancedBuffer: (maxSize) => new ExperienceBalancedBuffer({ maxSize }),
};

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/** The minibatches of a run of one epoch, experience after experience; what the buffer held when each began. */
async function listMinibatches(
  replay: ReplayOptions,
  { trainStream }: Benchmark = benchmark,
): Promise<{ minibatches: Dataset[][]; memories: string[][]; strategy: BaseStrategy }> {
  const minibatches: Dataset[][] = [];
  const memories: string[][] = [];
  const plugin = new ReplayPlugin(replay);
  const listener = createListener(["beforeTrainingExp", "beforeTrainingIteration"], (callback, { mbatch }) => {
    if (callback === "beforeTrainingIteration") minibatches.at(-1)?.push(mbatch);
    else {
      minibatches.push([]);
      memories.push(listSamples(plugin.storagePolicy.buffer));
    }
  });
  const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
  await withStrategy(strategy, () => strategy.train(trainStream));
  return { minibatches, memories, strategy };
}

for (const [name, createBuffer] of Object.entries(BUFFERS)) {
  describe(`ReplayPlugin with ${name}`, () => {
    test("adds as many remembered samples to each minibatch, from the second experience on", async () => {
      const storagePolicy = createBuffer(20);
      const { minibatches, memories } = await listMinibatches({ memSize: 20, storagePolicy });
      expect(minibatches.map((list) => list.length)).toEqual([2, 2, 2, 2]);
      for (const [index, list] of minibatches.entries()) {
        const memory = memories[index] ?? [];
        const past = [...benchmark.trainStream.slice(0, index)].flatMap(({ dataset }) => listSamples(dataset));
        expect(memory.every((sample) => past.includes(sample))).toBe(true);
        expect(memory.length).toBe(index === 0 ? 0 : 20);
        const current: string[] = [];
        for (const minibatch of list) {
          const samples = listSamples(minibatch);
          current.push(...samples.slice(0, 16));
          const remembered = samples.slice(16);
          expect(remembered.every((sample) => memory.includes(sample))).toBe(true);
          expect(new Set(remembered).size).toBe(remembered.length);
        }
        // Every current sample comes once, whatever is remembered.
        expect(current.sort()).toEqual(listSamples(benchmark.trainStream.at(index).dataset).sort());
      }
      // A memory of 20 gives 16, and the 4 that are left; then it starts again.
      const sizes = minibatches.map((list) => list.map(({ length }) => length));
      expect(sizes).toEqual([
        [16, 16],
        [32, 20],
        [32, 20],
        [32, 20],
      ]);
      expect(storagePolicy.buffer.length).toBe(20);
    });

    test("does not change how the first experience is trained", async () => {
      const first = benchmark.trainStream.at(0);
      const storagePolicy = createBuffer(20);
      const parameters: Float32Array[] = [];
      for (const plugins of [[], [new ReplayPlugin({ memSize: 20, storagePolicy })]]) {
        const strategy = new Naive(makeOptions({ plugins }));
        await withStrategy(strategy, async () => {
          await strategy.train(first);
          parameters.push(strategy.parameters.slice());
        });
      }
      expect(parameters[1]).toEqual(parameters[0] ?? new Float32Array());
    });
  });
}

describe("ReplayPlugin", () => {
  test("takes other sizes of both parts, and a memory smaller than its part as often as needed", async () => {
    const { minibatches } = await listMinibatches({ memSize: 5, batchSize: 8, batchSizeMem: 10 });
    const sizes = minibatches.map((list) => list.map(({ length }) => length));
    expect(sizes[0]).toEqual([16, 16]);
    expect(sizes.slice(1)).toEqual([
      [13, 13, 13, 13],
      [13, 13, 13, 13],
      [13, 13, 13, 13],
    ]);
  });

  test("gives every task its share of the memory's part, if asked for", async () => {
    const tasks = makeBenchmark({ experiences: 4, samples: 128, taskLabels: true });
    const replay = { memSize: 30, batchSizeMem: 9, taskBalancedDataloader: true };
    const { minibatches } = await listMinibatches(replay, tasks);
    const counts = (minibatches[3] ?? []).map((minibatch) => {
      const remembered = minibatch.targetsTaskLabels.subarray(16);
      return [0, 1, 2].map((task) => remembered.filter((label) => label === task).length);
    });
    expect(counts).toEqual([
      [3, 3, 3],
      [3, 3, 3],
    ]);
  });

  test("keeps an equal part of every experience, unless told what to keep", async () => {
    const plugin = new ReplayPlugin({ memSize: 12 });
    const strategy = new Naive(makeOptions({ plugins: [plugin] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    const counts = [0, 1, 2, 3].map((label) => plugin.storagePolicy.buffer.targets.filter((y) => y === label).length);
    expect(counts).toEqual([3, 3, 3, 3]);
    expect(plugin.storagePolicy).toBeInstanceOf(ExperienceBalancedBuffer);
    expect(new ReplayPlugin().storagePolicy.maxSize).toBe(200);
  });

  test("loss is the plain mean over current and remembered samples", async () => {
    let checks = 0;
    const listener = createListener(["afterTrainingIteration"], (_, strategy) => {
      const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
      expect(Math.abs(strategy.loss - loss)).toBeLessThan(1e-5);
      checks += strategy.mbY.length > 16 ? 1 : 0;
    });
    const strategy = new Replay(makeReplay({ memSize: 50, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(checks).toBe(6);
  });

  test("ReplayPlugin() refuses sizes out of range and a storage policy of another size", () => {
    expect(() => new ReplayPlugin({ memSize: 0 })).toThrow("ReplayPlugin: memSize must be at least 1, got 0");
    expect(() => new ReplayPlugin({ batchSize: 0 })).toThrow("ReplayPlugin: batchSize must be at least 1, got 0");
    expect(() => new ReplayPlugin({ batchSizeMem: 1.5 })).toThrow(
      "ReplayPlugin: batchSizeMem must be a whole number, got 1.5",
    );
    const storagePolicy = new ReservoirSamplingBuffer({ maxSize: 10 });
    expect(() => new ReplayPlugin({ memSize: 11, storagePolicy })).toThrow(
      "ReplayPlugin: storagePolicy.maxSize must be 11, as memSize, got 10",
    );
  });
});

describe("Replay", () => {
  test("is Naive with a ReplayPlugin after the other plugins", async () => {
    const parameters: Float32Array[] = [];
    const other = createListener([], () => {}, "other");
    const options = makeOptions({ plugins: [other] });
    const strategies = [
      new Replay({ ...options, memSize: 20, batchSizeMem: 4 }),
      new Naive(makeOptions({ plugins: [other, new ReplayPlugin({ memSize: 20, batchSizeMem: 4 })] })),
    ];
    for (const strategy of strategies) {
      expect(strategy.plugins.slice(0, 2).map(({ name }) => name)).toEqual(["other", "ReplayPlugin"]);
      await withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream);
        parameters.push(strategy.parameters.slice());
      });
    }
    expect(parameters[1]).toEqual(parameters[0] ?? new Float32Array());
  });
});

function makeReplay(options: Parameters<typeof makeOptions>[0] & ReplayOptions) {
  const { memSize = 200, ...others } = options;
  return { ...makeOptions(others), memSize };
}
