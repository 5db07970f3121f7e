import { describe, expect, test } from "bun:test";
import {
  type BaseStrategy,
  ClassBalancedBuffer,
  ClosestToCenterSelectionStrategy,
  createArrayDataset,
  Dataset,
  type ExemplarsBuffer,
  ExperienceBalancedBuffer,
  GroupBalancedDataLoader,
  GroupBalancedInfiniteDataLoader,
  HerdingSelectionStrategy,
  Naive,
  ParametricBuffer,
  RandomStream,
  RandomStreams,
  ReplayDataLoader,
  ReplayPlugin,
  ReservoirSamplingBuffer,
  TaskBalancedDataLoader,
} from "../../src/mod.ts";
import { makeTask } from "../support/made_task.ts";
import { createListener } from "../training/loop/callback_recorder.ts";
import { takeFirst, withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

const benchmark = makeFastBenchmark({ taskLabels: true });
const random = () => new RandomStream(3, "shuffle");

describe("tests/training/test_replay.py", () => {
  for (const [name, create] of [
    ["the default", () => undefined],
    ["an ExperienceBalancedBuffer", () => new ExperienceBalancedBuffer({ maxSize: 25 })],
    ["a ClassBalancedBuffer", () => new ClassBalancedBuffer({ maxSize: 25 })],
  ] as const) {
    test(`test_replay_balanced_memory: ${name} is always full`, async () => {
      const storagePolicy = create();
      const plugin = new ReplayPlugin({ memSize: 25, ...(storagePolicy ? { storagePolicy } : {}) });
      const lengths: number[] = [];
      const strategy = new Naive(makeFastOptions({ multiHead: true, plugins: [plugin], trainEpochs: 1 }));
      await withStrategy(strategy, async () => {
        for (const experience of benchmark.trainStream) {
          await strategy.train(experience);
          lengths.push(plugin.storagePolicy.buffer.length);
        }
      });
      expect(lengths).toEqual([25, 25, 25, 25, 25]);
    });
  }

  for (const [name, create] of [
    ["an ExperienceBalancedBuffer", () => new ExperienceBalancedBuffer({ maxSize: 30 })],
    ["a ClassBalancedBuffer", () => new ClassBalancedBuffer({ maxSize: 30 })],
  ] as const) {
    test(`test_balancing: ${name} holds as many as it may, without an epoch of training`, async () => {
      const policy: ExemplarsBuffer = create();
      const plugins = [new ReplayPlugin({ memSize: 30, storagePolicy: policy })];
      const strategy = new Naive(makeFastOptions({ multiHead: true, plugins, trainEpochs: 0 }));
      await withStrategy(strategy, async () => {
        for (const experience of benchmark.trainStream) {
          await strategy.train(experience);
          expect(policy.buffer.length).toBe(30);
        }
      });
    });
  }

  test("test_replay_flattening: subsets of subsets and buffers refer to rows, however often they are taken", () => {
    let data = benchmark.trainStream.at(0).dataset;
    for (let i = 0; i < 10; i++) data = takeFirst(data, 30);
    expect(data.references.rows.length).toBe(30);
    expect(data.sources.size).toBe(1);
    for (const buffer of [new ReservoirSamplingBuffer({ maxSize: 100 }), new ClassBalancedBuffer({ maxSize: 100 })]) {
      for (const { dataset } of benchmark.trainStream) buffer.updateFromDataset(dataset, random());
      expect(buffer.buffer.references.rows.length).toBe(100);
    }
  });

  for (const groupBy of ["none", "class", "task", "experience"] as const) {
    test(`test_groupings: a ParametricBuffer by ${groupBy} takes in every experience`, async () => {
      const buffer = new ParametricBuffer({ maxSize: 10, groupBy });
      for (const experience of benchmark.trainStream) {
        await buffer.update({ experience, randomStreams: new RandomStreams(0) });
        expect(buffer.buffer.length).toBe(10);
      }
      const groups = { none: 1, class: 10, task: 5, experience: 5 }[groupBy];
      const { targets, targetsTaskLabels } = buffer.buffer;
      const met = groupBy === "class" ? targets : targetsTaskLabels;
      if (groupBy !== "none") expect(new Set(met).size).toBe(groups);
    });
  }

  test("SelectionStrategyTest: herding and the nearest to the centre rank Avalanche's three samples alike", async () => {
    const samples = createArrayDataset({ name: "three", x: Float32Array.of(0, -4, 5), y: [0, 0, 0], sampleShape: [1] });
    const features = { data: Float32Array.of(0, 4, 5), shape: [3, 1] };
    const source = { experience: benchmark.trainStream.at(0), randomStreams: new RandomStreams(0) };
    const options = { extractFeatures: async () => features };
    const herded = await new HerdingSelectionStrategy(options).select(samples, 3, source);
    expect([...herded]).toEqual([1, 0, 2]);
    const closest = await new ClosestToCenterSelectionStrategy(options).select(samples, 3, source);
    expect([...closest]).toEqual([1, 2, 0]);
  });
});

describe("tests/benchmarks/utils/test_dataloaders.py", () => {
  const datasets = [...benchmark.trainStream].map(({ dataset }) => dataset);
  const data = Dataset.concat(datasets);

  test("test_basic: loaders go through their data", () => {
    const options = { batchSize: 5, stream: random() };
    const counts = [
      new TaskBalancedDataLoader({ ...options, data }),
      new GroupBalancedDataLoader({ ...options, datasets }),
      new ReplayDataLoader({ ...options, data, memory: data }),
    ].map((loader) => [...loader.iterate()].reduce((sum, { length }) => sum + length, 0));
    expect(counts).toEqual([200, 200, 400]);
    let batches = 0;
    for (const _ of new GroupBalancedInfiniteDataLoader({ ...options, datasets }).iterate()) {
      batches += 1;
      if (batches === 1000) break;
    }
    expect(batches).toBe(1000);
  });

  test("test_dataload_batch_balancing: minibatches with replay are never too large, and balance their tasks", async () => {
    const differences: number[] = [];
    const plugin = new ReplayPlugin({ memSize: 20, batchSize: 16, batchSizeMem: 16, taskBalancedDataloader: true });
    const checking = createListener(["beforeTrainingIteration"], (_, { mbatch }: BaseStrategy) => {
      expect(mbatch.length).toBeLessThanOrEqual(32);
      const counts = new Map<number, number>();
      for (const label of mbatch.targetsTaskLabels.slice(16)) counts.set(label, (counts.get(label) ?? 0) + 1);
      if (mbatch.length === 32) differences.push(Math.max(...counts.values()) - Math.min(...counts.values()));
    });
    const strategy = new Naive(makeFastOptions({ multiHead: true, plugins: [plugin, checking], trainMbSize: 16 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.slice(0, 3)));
    expect(Math.max(0, ...differences)).toBeLessThanOrEqual(1);
  });
});

describe("tests/benchmarks/utils/test_replay_loader.py", () => {
  const make = (samples: number, name: string) => makeTask({ samples, name });
  const memory = make(200, "memory");
  for (const [name, current, batchSize, remembered] of [
    ["test_bigger_memory", 100, 6, memory],
    ["test_smaller_memory", 1000, 6, memory],
    ["test_big_batch_size", 1000, 25, memory],
    ["test_small_batch_size", 1000, 5, memory],
    ["test_zero_iterations_current", 10, 25, memory],
  ] as const) {
    test(`${name}: as many minibatches as the current samples fill, each with as many of the memory`, () => {
      const loader = new ReplayDataLoader({
        data: make(current, name),
        memory: remembered,
        batchSize,
        batchSizeMem: batchSize,
        oversampleSmallTasks: true,
        dropLast: true,
        stream: random(),
      });
      const lengths = [...loader.iterate()].map(({ length }) => length);
      expect(loader.length).toBe(Math.floor(current / batchSize));
      expect(lengths).toEqual(new Array<number>(loader.length).fill(2 * batchSize));
    });
  }

  test("test_zero_iterations_memory: a memory smaller than its part is used as it is, not dropped", () => {
    const options = { data: make(1000, "current"), memory: make(10, "small"), batchSize: 25, batchSizeMem: 25 };
    const loader = new ReplayDataLoader({ ...options, oversampleSmallTasks: true, dropLast: true, stream: random() });
    const lengths = [...loader.iterate()].map(({ length }) => length);
    expect(loader.length).toBe(40);
    expect(lengths).toEqual(new Array<number>(40).fill(35));
  });
});
