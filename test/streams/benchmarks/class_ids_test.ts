import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readSamples } from "../../../src/data/read_samples.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import type { ClassIncrementalOptions } from "../../../src/streams/benchmarks/class_incremental_options.ts";
import { dealDatasets } from "../../../src/streams/benchmarks/deal_datasets.ts";
import type { Stream } from "../../../src/streams/experience.ts";
import { nameOwnClasses } from "../../../src/streams/own_class_names.ts";
import { makeDataset } from "../../support/made_dataset.ts";

/** What Avalanche 0.6.0 was given: sample i is of class i modulo 10. */
const LABELS = Array.from({ length: 30 }, (_, i) => i % 10);
const ORDER = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5];
const made = {
  name: "made",
  train: makeDataset(LABELS, { name: "train" }),
  test: makeDataset(LABELS.slice(0, 10), { name: "test" }),
  numClasses: 10,
  sampleShape: [1],
  normalization: { scale: 1, mean: [], std: [] },
};

function deal(options: Partial<ClassIncrementalOptions>) {
  return createClassIncrementalBenchmark({ ...made, ...options });
}

/** Each sample's class id by its row. */
function listPairs(stream: Stream): number[][][] {
  return [...stream].map(({ dataset }) => {
    const pairs = Array.from(dataset.references.rows, (row, i) => [row, dataset.targets[i] ?? -1]);
    return pairs.sort(([a = 0], [b = 0]) => a - b);
  });
}

function listClasses(stream: Stream): (readonly number[])[] {
  return [...stream].map(({ classesInThisExperience }) => classesInThisExperience);
}

describe("classIdsFromZeroInEachExperience", () => {
  const inEach = {
    classIdsFromZeroInEachExperience: true,
    classOrder: ORDER,
    experiences: 3,
    classesPerExperience: { 0: 4 },
  };

  test("numbers classes as class_ids_from_zero_in_each_exp of Avalanche does", () => {
    const { trainStream, testStream, numClasses } = deal({ ...inEach, taskLabels: true });
    expect(listPairs(testStream)).toEqual([
      [
        [0, 3],
        [2, 1],
        [7, 0],
        [9, 2],
      ],
      [
        [1, 1],
        [4, 0],
        [8, 2],
      ],
      [
        [3, 0],
        [5, 2],
        [6, 1],
      ],
    ]);
    expect(listPairs(trainStream)[1]).toEqual([
      [1, 1],
      [4, 0],
      [8, 2],
      [11, 1],
      [14, 0],
      [18, 2],
      [21, 1],
      [24, 0],
      [28, 2],
    ]);
    expect(listClasses(trainStream)).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect([...trainStream].map(({ taskLabel }) => taskLabel)).toEqual([0, 1, 2]);
    expect(numClasses).toBe(4);
    const second = trainStream.at(1);
    expect([second.previousClasses, second.classesSeenSoFar]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });

  test("says what ids stand for in each experience, and over all of them", () => {
    const benchmark = deal({ ...inEach, classNames: [..."abcdefghij"] });
    expect(benchmark.experienceClassNames).toEqual([
      ["h", "c", "j", "a"],
      ["e", "b", "i"],
      ["d", "g", "f"],
    ]);
    expect(benchmark.classNames).toEqual(["h/e/d", "c/b/g", "j/i/f", "a"]);
    expect(benchmark.dataClassNames).toEqual([..."abcdefghij"]);
    expect(nameOwnClasses(benchmark.trainStream.at(1))).toEqual(["e", "b", "i"]);
    expect(nameOwnClasses(benchmark.testStream.slice(2).at(0))).toEqual(["d", "g", "f"]);
    expect(nameOwnClasses(deal({ experiences: 2 }).trainStream.at(0))).toBeUndefined();
  });

  test("keeps ids together with their samples, whatever is dealt", () => {
    const cases = fc.record({
      experiences: fc.integer({ min: 1, max: 10 }),
      seed: fc.nat(99),
      taskLabels: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, (options) => {
        const [plain, zero] = [deal(options), deal({ ...options, classIdsFromZeroInEachExperience: true })];
        for (const [index, { dataset, classesInThisExperience }] of [...zero.trainStream].entries()) {
          const names = zero.experienceClassNames?.[index] ?? [];
          const labels = Array.from(dataset.targets, (id) => Number(names[id]));
          expect(labels).toEqual(Array.from(plain.trainStream.at(index).dataset.targets));
          expect(readSamples(dataset).data).toEqual(readSamples(plain.trainStream.at(index).dataset).data);
          expect(classesInThisExperience).toEqual(names.map((_, id) => id));
        }
        expect(zero.numClasses).toBe(Math.max(...listClasses(zero.trainStream).map(({ length }) => length)));
      }),
    );
  });
});

describe("classIdsFromZeroFromFirstExperience", () => {
  test("numbers classes as class_ids_from_zero_from_first_exp of Avalanche does", () => {
    const benchmark = deal({ classIdsFromZeroFromFirstExperience: true, classOrder: ORDER, experiences: 5 });
    expect(listClasses(benchmark.trainStream)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
    ]);
    expect(listPairs(benchmark.testStream)).toEqual([
      [
        [2, 1],
        [7, 0],
      ],
      [
        [0, 3],
        [9, 2],
      ],
      [
        [1, 5],
        [4, 4],
      ],
      [
        [3, 7],
        [8, 6],
      ],
      [
        [5, 9],
        [6, 8],
      ],
    ]);
    expect(benchmark.classNames).toEqual(ORDER.map(String));
    expect(benchmark.experienceClassNames).toBeUndefined();
    expect(nameOwnClasses(benchmark.trainStream.at(1))).toEqual(["9", "0"]);
  });
});

describe("class ids from zero", () => {
  test("are refused both at once, and where no classes are dealt", () => {
    const both = { classIdsFromZeroInEachExperience: true, classIdsFromZeroFromFirstExperience: true };
    expect(() => deal({ ...both, experiences: 2 })).toThrow("exclude each other");
    const instances = { ...made, scenario: "new-instances" as const };
    expect(() => dealDatasets({ ...instances, classIdsFromZeroInEachExperience: true })).toThrow(
      "no classIdsFromZeroInEachExperience where samples are dealt",
    );
  });
});
