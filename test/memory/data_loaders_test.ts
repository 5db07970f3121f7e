import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { GroupBalancedDataLoader } from "../../src/memory/loaders/group_balanced_data_loader.ts";
import { GroupBalancedInfiniteDataLoader } from "../../src/memory/loaders/group_balanced_infinite_data_loader.ts";
import { ReplayDataLoader } from "../../src/memory/loaders/replay_data_loader.ts";
import { SingleDatasetDataLoader } from "../../src/memory/loaders/single_dataset_data_loader.ts";
import { TaskBalancedDataLoader } from "../../src/memory/loaders/task_balanced_data_loader.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

/** A data set of `length` samples of class 0. */
function make(length: number, taskLabel = 0): Dataset {
  return makeDataset(new Int32Array(length), { taskLabel });
}

/** How many samples of `source` each minibatch holds. */
function countFrom(minibatches: readonly Dataset[], source: Dataset): number[] {
  return minibatches.map(({ references }) => references.sourceIds.filter((id) => source.sources.has(id)).length);
}

const stream = () => new RandomStream(1, "shuffle");

describe("SingleDatasetDataLoader", () => {
  test("shows every sample once an epoch, or drops the short batch at the end", () => {
    const sizes = { length: fc.nat(40), batchSize: fc.integer({ min: 1, max: 12 }) };
    fc.assert(
      fc.property(fc.record({ ...sizes, shuffle: fc.boolean(), dropLast: fc.boolean() }), (options) => {
        const { length, ...cutting } = options;
        const { batchSize, dropLast } = cutting;
        const dataset = make(length);
        const loader = new SingleDatasetDataLoader({ ...cutting, dataset, stream: stream() });
        for (let epoch = 0; epoch < 2; epoch++) {
          const minibatches = [...loader.iterate()];
          expect(minibatches.length).toBe(loader.length);
          expect(minibatches.slice(0, -1).every((minibatch) => minibatch.length === batchSize)).toBe(true);
          const samples = minibatches.flatMap(listSamples);
          expect(new Set(samples).size).toBe(dropLast ? length - (length % batchSize) : length);
          expect(samples.length).toBe(new Set(samples).size);
          if (!options.shuffle) expect(samples).toEqual(listSamples(dataset).slice(0, samples.length));
        }
      }),
    );
  });

  test("shuffles every epoch anew, from its stream, at the call of iterate()", () => {
    const random = stream();
    const loader = new SingleDatasetDataLoader({ dataset: make(30), batchSize: 7, stream: random });
    const before = random.save();
    const epoch = loader.iterate();
    const drawn = random.save();
    const first = [...epoch].flatMap(listSamples);
    expect(drawn).not.toEqual(before);
    expect(random.save()).toEqual(drawn);
    expect([...loader.iterate()].flatMap(listSamples)).not.toEqual(first);
    random.restore(before);
    expect([...loader.iterate()].flatMap(listSamples)).toEqual(first);
  });

  test("refuses a batch of none, and shuffling without a stream", () => {
    expect(() => new SingleDatasetDataLoader({ dataset: make(3), batchSize: 0, stream: stream() })).toThrow(
      "batchSize",
    );
    expect(() => new SingleDatasetDataLoader({ dataset: make(3), batchSize: 1 })).toThrow(
      "SingleDatasetDataLoader: stream is required, as it shuffles",
    );
    expect(new SingleDatasetDataLoader({ dataset: make(3), batchSize: 2, shuffle: false }).length).toBe(2);
  });
});

describe("GroupBalancedDataLoader", () => {
  test("splits the batch evenly and ends with the longest group", () => {
    const datasets = [make(8), make(3), make(5)];
    const counts = (oversampleSmallGroups: boolean) => {
      const options = { datasets, batchSize: 7, oversampleSmallGroups, stream: stream() };
      const minibatches = [...new GroupBalancedDataLoader(options).iterate()];
      return datasets.map((dataset) => countFrom(minibatches, dataset));
    };
    expect(counts(false)).toEqual([
      [3, 3, 2],
      [2, 1, 0],
      [2, 2, 1],
    ]);
    expect(counts(true)).toEqual([
      [3, 3, 2],
      [2, 1, 2],
      [2, 2, 1],
    ]);
  });

  test("dropLast leaves short parts out, but not a small group's only one when it cycles", () => {
    const datasets = [make(9), make(1)];
    const options = { datasets, batchSize: 4, dropLast: true, stream: stream() };
    const minibatches = [...new GroupBalancedDataLoader({ ...options, oversampleSmallGroups: true }).iterate()];
    expect(datasets.map((dataset) => countFrom(minibatches, dataset))).toEqual([
      [2, 2, 2, 2],
      [1, 1, 1, 1],
    ]);
    const once = [...new GroupBalancedDataLoader(options).iterate()];
    expect(once.map((minibatch) => minibatch.length)).toEqual([2, 2, 2, 2]);
  });

  test("refuses more groups than samples in a batch, an empty group, and none at all", () => {
    const create = (datasets: Dataset[]) => new GroupBalancedDataLoader({ datasets, batchSize: 1, stream: stream() });
    expect(() => create([make(1), make(1)])).toThrow("2 groups, got 1");
    expect(() => create([Dataset.empty()])).toThrow("group 0");
    expect(() => create([])).toThrow("at least one group");
  });
});

describe("TaskBalancedDataLoader", () => {
  test("gives every task its share, tasks ascending", () => {
    const parts = [make(6, 3), make(2, 1)];
    const options = { data: Dataset.concat(parts), batchSize: 4, oversampleSmallTasks: true, stream: stream() };
    const minibatches = [...new TaskBalancedDataLoader(options).iterate()];
    expect(minibatches.map(({ targetsTaskLabels }) => Array.from(targetsTaskLabels))).toEqual(
      new Array(3).fill([1, 1, 3, 3]),
    );
    const samples = minibatches.flatMap(listSamples);
    expect(new Set(samples).size).toBe(8);
  });
});

describe("ReplayDataLoader", () => {
  test("shows every current sample once an epoch, current ones first, memory evenly often", () => {
    const sizes = fc.record({
      current: fc.integer({ min: 1, max: 60 }),
      held: fc.nat(20),
      batchSize: fc.integer({ min: 1, max: 9 }),
      batchSizeMem: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(sizes, ({ current, held, batchSize, batchSizeMem }) => {
        const [data, memory] = [make(current), make(held)];
        const options = { data, memory, batchSize, batchSizeMem, oversampleSmallTasks: true, stream: stream() };
        const loader = new ReplayDataLoader(options);
        const minibatches = [...loader.iterate()];
        expect(minibatches.length).toBe(Math.ceil(current / batchSize));
        expect(loader.length).toBe(minibatches.length);
        const currentCounts = countFrom(minibatches, data);
        const fronts = minibatches.map((minibatch, i) => listSamples(minibatch).slice(0, currentCounts[i]));
        expect(fronts.flat().sort()).toEqual(listSamples(data).sort());
        const replayed = minibatches.flatMap((minibatch, i) => listSamples(minibatch).slice(currentCounts[i]));
        const uses = listSamples(memory).map((sample) => replayed.filter((other) => other === sample).length);
        if (held > 0) expect(Math.max(...uses) - Math.min(...uses)).toBeLessThanOrEqual(1);
        expect(uses.reduce((sum, count) => sum + count, 0)).toBe(replayed.length);
      }),
    );
  });

  test("the memory's parts are short at its end, then it starts again, or runs out", () => {
    const [data, memory] = [make(12), make(25)];
    const counts = (options: { oversampleSmallTasks?: boolean; dropLast?: boolean }) => {
      const fixed = { data, memory, batchSize: 2, batchSizeMem: 10, stream: stream() };
      return countFrom([...new ReplayDataLoader({ ...fixed, ...options }).iterate()], memory);
    };
    expect(counts({ oversampleSmallTasks: true })).toEqual([10, 10, 5, 10, 10, 5]);
    expect(counts({})).toEqual([10, 10, 5, 0, 0, 0]);
    expect(counts({ oversampleSmallTasks: true, dropLast: true })).toEqual([10, 10, 10, 10, 10, 10]);
    expect(counts({ dropLast: true })).toEqual([10, 10, 0, 0, 0, 0]);
  });

  test("taskBalancedDataloader shares the memory's part among its tasks", () => {
    const memory = Dataset.concat([make(10, 2), make(10, 5)]);
    const options = { data: make(4, 9), memory, batchSize: 2, batchSizeMem: 5, taskBalancedDataloader: true };
    const minibatches = [...new ReplayDataLoader({ ...options, stream: stream() }).iterate()];
    expect(minibatches.map(({ targetsTaskLabels }) => Array.from(targetsTaskLabels))).toEqual(
      new Array(2).fill([9, 9, 2, 2, 2, 5, 5]),
    );
    expect(() => new ReplayDataLoader({ ...options, batchSizeMem: 1, stream: stream() })).toThrow("2 tasks");
  });

  test("an epoch resumes from the stream's state at its start, memory that started again included", () => {
    const random = stream();
    const options = { data: make(40), memory: make(7), batchSize: 4, oversampleSmallTasks: true, stream: random };
    const loader = new ReplayDataLoader(options);
    const state = random.save();
    const epoch = [...loader.iterate()].map(listSamples);
    const after = random.save();
    random.restore(state);
    expect([...loader.iterate()].slice(6).map(listSamples)).toEqual(epoch.slice(6));
    expect(random.save()).toEqual(after);
    expect(epoch.slice(0, 2).map((samples) => samples.slice(4))).not.toEqual(
      epoch.slice(2, 4).map((samples) => samples.slice(4)),
    );
  });

  test("draws the memory's first part with even odds", () => {
    const memory = make(5);
    const counts = new Float64Array(5);
    const options = { data: make(1), memory, batchSize: 1, batchSizeMem: 2, oversampleSmallTasks: true };
    for (let seed = 0; seed < 1000; seed++) {
      const [minibatch] = new ReplayDataLoader({ ...options, stream: new RandomStream(seed, "shuffle") }).iterate();
      for (const row of minibatch?.references.rows.subarray(1) ?? []) counts[row] = (counts[row] ?? 0) + 1;
    }
    // 1000 runs of 2 in 5: 400 each. 4 degrees of freedom: more than 24 comes by chance once in 10000 seeds.
    expect(counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0)).toBeLessThan(24);
  });
});

describe("GroupBalancedInfiniteDataLoader", () => {
  test("shows the same number of every group without end, every sample once a round", () => {
    const datasets = [6, 4, 2].map((length) => make(length));
    const loader = new GroupBalancedInfiniteDataLoader({ datasets, batchSize: 2, stream: stream() });
    expect(loader.length).toBe(Number.POSITIVE_INFINITY);
    const minibatches: Dataset[] = [];
    for (const minibatch of loader.iterate()) {
      minibatches.push(minibatch);
      if (minibatches.length === 12) break;
    }
    for (const [index, dataset] of datasets.entries()) {
      expect(countFrom(minibatches, dataset)).toEqual(new Array(12).fill(2));
      const round = dataset.length / 2;
      const shown = minibatches.map((minibatch) => listSamples(minibatch).slice(2 * index, 2 * index + 2));
      const rounds = Array.from({ length: 12 / round }, (_, i) => shown.slice(i * round, (i + 1) * round).flat());
      for (const samples of rounds) expect(samples.sort()).toEqual(listSamples(dataset).sort());
    }
  });

  test("ends a round of a group with a short part, or drops it", () => {
    const sizes = [false, true].map((dropLast) => {
      const loader = new GroupBalancedInfiniteDataLoader({
        datasets: [make(5)],
        batchSize: 2,
        dropLast,
        stream: stream(),
      });
      const minibatches = loader.iterate()[Symbol.iterator]();
      return Array.from({ length: 4 }, () => minibatches.next().value?.length);
    });
    expect(sizes).toEqual([
      [2, 2, 1, 2],
      [2, 2, 2, 2],
    ]);
  });

  test("refuses no groups, empty groups and shuffling without a stream", () => {
    const create = (datasets: Dataset[]) =>
      new GroupBalancedInfiniteDataLoader({ datasets, batchSize: 1, stream: stream() });
    expect(() => create([])).toThrow("at least one group");
    expect(() => create([make(3), make(0)])).toThrow("at least one sample in group 1");
    expect(() => new GroupBalancedInfiniteDataLoader({ datasets: [make(3)], batchSize: 1 })).toThrow(TypeError);
  });
});
