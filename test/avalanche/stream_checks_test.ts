import { describe, expect, test } from "bun:test";
import {
  type Benchmark,
  createArrayDataset,
  createClassIncrementalBenchmark,
  createDatasetBenchmark,
  createLinearDecayStream,
  createNewInstancesBenchmark,
  createOnlineStream,
  Dataset,
  RandomStream,
  type Stream,
  splitValidation,
} from "../../src/mod.ts";
import { makeTask } from "../support/made_task.ts";

/** Samples whose only value is their number, with these classes. */
function number(name: string, y: readonly number[], { from = 0 }: { from?: number } = {}): Dataset {
  return createArrayDataset({ name, x: Float32Array.from(y, (_, i) => from + i), y, sampleShape: [1] });
}

const lengths = (stream: Stream | undefined) => [...(stream ?? [])].map(({ dataset }) => dataset.length);
const classes = (stream: Stream) => [...stream].map(({ classesInThisExperience: ids }) => [...ids].sort());
const count = (values: Int32Array) => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

const train = makeTask({ samples: 120, classes: 10, name: "train" });
const testing = makeTask({ samples: 80, classes: 10, name: "test" });
const COMMON = {
  name: "made",
  train,
  test: testing,
  numClasses: 10,
  normalization: { scale: 1, mean: [], std: [] },
  sampleShape: [6],
} as const;

describe("tests/benchmarks/scenarios/test_dataset_scenario.py", () => {
  test("test_benchmark_from_datasets: an experience each, with its samples in order", () => {
    const sets = [0, 1, 2, 3].map((i) => number(`d${i}`, new Array<number>(32).fill(0), { from: 100 * i }));
    const benchmark = createDatasetBenchmark({ name: "four", train: sets.slice(0, 2), test: sets.slice(2) });
    for (const [stream, first] of [
      [benchmark.trainStream, 0],
      [benchmark.testStream, 2],
    ] as const) {
      expect(stream.length).toBe(2);
      for (const [i, { currentExperience, dataset }] of [...stream].entries()) {
        expect(currentExperience).toBe(i);
        expect([...dataset.references.rows]).toEqual(Array.from({ length: 32 }, (_, row) => row));
        expect([...dataset.sources.values()].map(({ name }) => name)).toEqual([`d${first + i}`]);
      }
    }
  });

  test("test_task_incremental_bm_basic: experience i has the task label i", () => {
    const sets = [number("a", [0, 0, 1]), number("b", [0, 1])];
    const tests = [number("c", [0]), number("d", [1])];
    const { trainStream } = createDatasetBenchmark({ name: "two", train: sets, test: tests, taskLabels: true });
    expect([...trainStream].map(({ taskLabel, dataset }) => [taskLabel, dataset.length])).toEqual([
      [0, 3],
      [1, 2],
    ]);
  });

  for (const [name, validationSize, wanted] of [
    ["fixed_size", 20, [80, 60, 20, 20]],
    ["rel_size", 0.2, [80, 64, 20, 16]],
  ] as const) {
    test(`test_benchmark_with_validation_stream_${name}: the last samples of each experience`, () => {
      const sets = [number("a", new Array<number>(100).fill(0)), number("b", new Array<number>(80).fill(1))];
      const options = { name: "two", train: sets, test: [number("c", [0, 1])] };
      const { streams } = createDatasetBenchmark({ ...options, validationSize, validationSplit: "last" });
      const [kept, held] = [streams.get("train"), streams.get("valid")];
      expect([...lengths(kept), ...lengths(held)]).toEqual([...wanted]);
      const rows = (stream: Stream | undefined) => [...(stream ?? [])].map(({ dataset }) => dataset.references.rows);
      expect(rows(kept).map((own) => [own[0], own.at(-1)])).toEqual([
        [0, wanted[0] - 1],
        [0, wanted[1] - 1],
      ]);
      expect(rows(held).map((own) => [own[0], own.at(-1)])).toEqual([
        [wanted[0], 99],
        [wanted[1], 79],
      ]);
    });
  }

  test("test_split_dataset_random and test_fixed_size_experience_split_strategy: each sample on one side, at random", () => {
    const samples = number(
      "a",
      Array.from({ length: 32 }, (_, i) => i),
    );
    for (const validationSize of [0.5, 10]) {
      const random = new RandomStream(1, "validation");
      const halves = splitValidation(samples, { validationSize, random, split: "random" });
      const all = [...halves.train.targets, ...halves.valid.targets];
      expect([...all].sort((a, b) => a - b)).toEqual([...samples.targets]);
      expect(all).not.toEqual([...samples.targets]);
      expect([...halves.train.references.rows]).toEqual([...halves.train.targets]);
    }
  });

  test("test_split_dataset_class_balanced: a share of every class", () => {
    const samples = number(
      "a",
      Array.from({ length: 1200 }, (_, i) => i % 2),
    );
    for (const [validationSize, tolerance] of [
      [0.5, 1],
      [0.123, 6],
    ] as const) {
      const { valid } = splitValidation(samples, { validationSize, random: new RandomStream(0, "validation") });
      for (const held of count(valid.targets).values()) {
        expect(Math.abs(held - 600 * validationSize)).toBeLessThanOrEqual(tolerance);
      }
    }
  });
});

describe("tests/benchmarks/scenarios/test_supervised_scenario.py and deprecated/test_nc_sit_scenario.py", () => {
  test("test_class_incremental_benchmark_basic: classes come in the order that is given, one an experience", () => {
    const samples = Dataset.concat([1, 0, 2].map((id) => number(`class ${id}`, new Array<number>(10).fill(id))));
    for (const counts of [{ classesPerExperience: [1, 1, 1] }, { experiences: 3 }]) {
      const options = { ...COMMON, train: samples, test: samples, numClasses: 3, sampleShape: [1], ...counts };
      const { trainStream, testStream } = createClassIncrementalBenchmark({ ...options, classOrder: [2, 1, 0] });
      for (const stream of [trainStream, testStream]) {
        expect(classes(stream)).toEqual([[2], [1], [0]]);
        expect(lengths(stream).reduce((sum, length) => sum + length, 0)).toBe(30);
      }
    }
  });

  test("test_sit_single_dataset, …_batch_size and …_reproducibility_data", () => {
    const make = (options: object = {}) =>
      createClassIncrementalBenchmark({ ...COMMON, experiences: 5, seed: 3, ...options });
    const plain = make();
    expect(classes(plain.trainStream).map((ids) => ids.length)).toEqual([2, 2, 2, 2, 2]);
    expect(new Set(classes(plain.trainStream).flat()).size).toBe(10);
    expect(classes(plain.testStream)).toEqual(classes(plain.trainStream));
    expect(classes(make().trainStream)).toEqual(classes(plain.trainStream));
    expect(classes(make({ seed: 4 }).trainStream)).not.toEqual(classes(plain.trainStream));
    const sized = make({ experiences: 3, classesPerExperience: { 0: 5, 1: 3 } });
    expect(classes(sized.trainStream).map((ids) => ids.length)).toEqual([5, 3, 2]);
    const order = [2, 3, 5, 7, 8, 9, 0, 1, 4, 6];
    expect(classes(make({ classOrder: order }).trainStream).flat()).toEqual(order);
  });

  test("test_nc_sit_slicing: streams are indexed, gone through and cut, and keep numbers and names", () => {
    const { trainStream } = createClassIncrementalBenchmark({ ...COMMON, experiences: 5 });
    expect([...trainStream].map(({ currentExperience }) => currentExperience)).toEqual([0, 1, 2, 3, 4]);
    const sliced = trainStream.slice(2, 4);
    expect([sliced.name, sliced.length, [...sliced].map(({ currentExperience }) => currentExperience)]).toEqual([
      "train",
      2,
      [2, 3],
    ]);
    expect(trainStream.slice(1).length).toBe(4);
    expect(() => trainStream.at(5)).toThrow(RangeError);
  });

  for (const balanced of [true, false]) {
    test(`test_ni_${balanced ? "balanced" : "unbalanced"}: all classes in each experience, of nearly one size`, () => {
      const { trainStream, testStream } = createNewInstancesBenchmark({ ...COMMON, experiences: 5, balanced });
      expect(lengths(trainStream)).toEqual([24, 24, 24, 24, 24]);
      expect(lengths(testStream)).toEqual([80]);
      if (!balanced) return;
      for (const { dataset } of trainStream) {
        const counts = [...count(dataset.targets).values()];
        expect(counts.length).toBe(10);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
      }
    });
  }
});

describe("tests/benchmarks/scenarios/test_experience_decorators.py and test_task_aware.py", () => {
  test("test_with_classes_timeline_all_attributes: what came before, what is seen, and what will come", () => {
    const sets = [11, 3, 4, 4].map((id, i) => number(`d${i}`, new Array<number>(10).fill(id)));
    const { trainStream } = createDatasetBenchmark({ name: "t", train: sets, test: sets.slice(0, 1), numClasses: 12 });
    const timeline = [...trainStream].map((experience) =>
      [
        experience.classesInThisExperience,
        experience.previousClasses,
        experience.classesSeenSoFar,
        experience.futureClasses,
      ].map((ids) => [...ids].sort((a, b) => a - b)),
    );
    expect(timeline).toEqual([
      [[11], [], [11], [3, 4]],
      [[3], [11], [3, 11], [4]],
      [[4], [3, 11], [3, 4, 11], []],
      [[4], [3, 4, 11], [3, 4, 11], []],
    ]);
  });

  test("test_taskaware: task labels change nothing else", () => {
    const make = (taskLabels: boolean): Benchmark =>
      createClassIncrementalBenchmark({ ...COMMON, experiences: 10, taskLabels, shuffle: false });
    const [plain, aware] = [make(false), make(true)];
    expect(lengths(aware.trainStream)).toEqual(lengths(plain.trainStream));
    expect([...aware.trainStream].map(({ taskLabel }) => taskLabel)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...aware.trainStream].every(({ taskLabels }) => taskLabels.length === 1)).toBe(true);
  });
});

describe("tests/benchmarks/scenarios/test_online_scenario.py", () => {
  const { trainStream } = createClassIncrementalBenchmark({ ...COMMON, experiences: 5 });
  const random = () => new RandomStream(0, "online");

  for (const dropLast of [true, false]) {
    test(`test_split_online_stream_${dropLast ? "drop_last" : "not_drop"}: pieces know where they begin and end`, () => {
      const pieces = [...createOnlineStream(trainStream, { experienceSize: 10, random: random(), dropLast })];
      // 24 samples an experience.
      expect(pieces.map(({ dataset }) => dataset.length)).toEqual(
        Array.from({ length: 5 }, () => (dropLast ? [10, 10] : [10, 10, 4])).flat(),
      );
      expect(pieces.filter(({ isFirstSubexp }) => isFirstSubexp).length).toBe(5);
      expect(pieces.filter(({ isLastSubexp }) => isLastSubexp).length).toBe(5);
      expect(pieces.at(-1)?.isLastSubexp).toBe(true);
    });
  }

  test("test_split_online_stream_continuous_linear_decay: full pieces, and every class", () => {
    const pieces = [...createLinearDecayStream(trainStream, { experienceSize: 8, beta: 1, random: random() })];
    expect(pieces.map(({ dataset }) => dataset.length)).toEqual(new Array<number>(15).fill(8));
    expect(new Set(pieces.flatMap(({ dataset }) => [...dataset.targets])).size).toBe(10);
  });

  test("tests/benchmarks/scenarios/deprecated/test_high_level_generators.py, test_data_incremental_benchmark", () => {
    const sets = [100, 80].map((length, i) => number(`d${i}`, new Array<number>(length).fill(i)));
    const benchmark = createDatasetBenchmark({
      name: "pieces",
      train: sets,
      test: [number("t", new Array<number>(50).fill(0))],
      experienceSize: 12,
    });
    const sizes = lengths(benchmark.trainStream);
    expect(sizes.length).toBe(16);
    expect(sizes.filter((size) => size < 12)).toEqual([4, 8]);
    expect(lengths(benchmark.testStream)).toEqual([50]);
  });
});
