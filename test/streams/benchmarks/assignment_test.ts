import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import type { ClassIncrementalOptions } from "../../../src/streams/benchmarks/class_incremental_options.ts";
import { dealDatasets } from "../../../src/streams/benchmarks/deal_datasets.ts";
import { createNewInstancesBenchmark } from "../../../src/streams/benchmarks/new_instances.ts";
import type { Stream } from "../../../src/streams/experience.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

/** The data and the class order that Avalanche 0.6.0 was given: sample i is of class i modulo 10. */
const LABELS = Array.from({ length: 30 }, (_, i) => i % 10);
const ORDER = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5];
const train = makeDataset(LABELS, { name: "train" });
const made = {
  name: "made",
  train,
  test: makeDataset(LABELS.slice(0, 10), { name: "test" }),
  sampleShape: [1],
  normalization: { scale: 1, mean: [], std: [] },
};

function deal(options: Partial<ClassIncrementalOptions>) {
  return createClassIncrementalBenchmark({ ...made, numClasses: 10, ...options });
}

function listRows(stream: Stream): number[][] {
  return [...stream].map(({ dataset }) => Array.from(dataset.references.rows).sort((a, b) => a - b));
}

function listClasses(stream: Stream): (readonly number[])[] {
  return [...stream].map(({ classesInThisExperience }) => classesInThisExperience);
}

describe("classesPerExperience", () => {
  test("gives each experience as many classes as asked for, every sample once, the same for one seed", () => {
    const cases = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }).chain((counts) =>
      fc.record({
        counts: fc.constant(counts),
        named: fc.subarray(counts.map((_, place) => place)),
        seed: fc.nat(99),
      }),
    );
    fc.assert(
      fc.property(cases, ({ counts, named, seed }) => {
        const numClasses = counts.reduce((sum, count) => sum + count, 0);
        const data = makeDataset(Array.from({ length: 3 * numClasses }, (_, i) => i % numClasses));
        const parts = { ...made, train: data, test: data, numClasses, seed };
        const whole = createClassIncrementalBenchmark({ ...parts, classesPerExperience: counts });
        expect(listClasses(whole.trainStream).map(({ length }) => length)).toEqual(counts);
        expect([...whole.trainStream].flatMap(({ dataset }) => listSamples(dataset)).sort()).toEqual(
          listSamples(data).sort(),
        );
        const again = createClassIncrementalBenchmark({ ...parts, classesPerExperience: counts });
        expect(listRows(again.trainStream)).toEqual(listRows(whole.trainStream));

        const some = Object.fromEntries(named.map((place) => [place, counts[place] ?? 0]));
        const { trainStream } = createClassIncrementalBenchmark({
          ...parts,
          experiences: counts.length,
          classesPerExperience: some,
        });
        const sizes = listClasses(trainStream).map(({ length }) => length);
        expect(named.map((place) => sizes[place])).toEqual(named.map((place) => counts[place]));
        const others = sizes.filter((_, place) => !named.includes(place));
        expect(others).toEqual(others.toSorted((a, b) => b - a));
        expect((others[0] ?? 0) - (others.at(-1) ?? 0)).toBeLessThanOrEqual(1);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(numClasses);
      }),
    );
  });

  test("assigns as Avalanche does: per_exp_classes of nc_benchmark, num_classes_per_exp", () => {
    const first = deal({ experiences: 4, classOrder: ORDER, classesPerExperience: { 0: 4 } });
    expect(listRows(first.trainStream)).toEqual([
      [0, 2, 7, 9, 10, 12, 17, 19, 20, 22, 27, 29],
      [1, 4, 11, 14, 21, 24],
      [3, 8, 13, 18, 23, 28],
      [5, 6, 15, 16, 25, 26],
    ]);
    const middle = deal({ experiences: 4, classOrder: ORDER, classesPerExperience: { 1: 1, 2: 3 } });
    expect(listClasses(middle.trainStream)).toEqual([[2, 7, 9], [0], [1, 4, 8], [3, 5, 6]]);
    expect(listRows(middle.testStream)).toEqual([[2, 7, 9], [0], [1, 4, 8], [3, 5, 6]]);
    const list = deal({ classOrder: ORDER, classesPerExperience: [5, 1, 4] }).trainStream;
    expect(listClasses(list)).toEqual([[0, 2, 4, 7, 9], [1], [3, 5, 6, 8]]);
    expect(list.at(1).previousClasses).toEqual([0, 2, 4, 7, 9]);
    expect(list.at(1).classesSeenSoFar).toEqual([0, 1, 2, 4, 7, 9]);
    expect(list.at(1).futureClasses).toEqual([3, 5, 6, 8]);
  });

  test("refuses counts that contradict the classes, the experiences or the scenario", () => {
    const refuse = (options: Partial<ClassIncrementalOptions>) => expect(() => deal(options));
    refuse({ classesPerExperience: [5, 1, 3] }).toThrow(
      "made: classesPerExperience must add up to the 10 classes, got 9",
    );
    refuse({ classesPerExperience: [5, 5], experiences: 3 }).toThrow(
      "classesPerExperience must have 3 numbers, as experiences, got 2",
    );
    refuse({ classesPerExperience: { 0: 8 }, experiences: 4 }).toThrow(
      "classesPerExperience must give away at most 7 of 10 classes, which leaves one to each other experience, got 8",
    );
    refuse({ classesPerExperience: { 4: 2 }, experiences: 4 }).toThrow("must name experiences from 0 to 3, got");
    refuse({ classesPerExperience: { 0: 2, 1: 2 }, experiences: 2 }).toThrow("add up to the 10 classes, got 4");
    refuse({ classesPerExperience: [0, 10] }).toThrow("classesPerExperience[0] must be");
    refuse({ experiences: 11 }).toThrow("made: experiences must be at most 10, a class each, got 11");
    const instances = { ...made, numClasses: 10, scenario: "new-instances" as const };
    expect(() => dealDatasets({ ...instances, classesPerExperience: [5, 5] })).toThrow(
      "no classesPerExperience where samples are dealt",
    );
  });
});

describe("fixedExperienceAssignment", () => {
  test("puts the classes it lists into each experience", () => {
    const { trainStream, testStream } = deal({ fixedExperienceAssignment: [[3, 1, 2], [0], [9, 4, 5, 6, 7, 8]] });
    expect(listClasses(trainStream)).toEqual([[1, 2, 3], [0], [4, 5, 6, 7, 8, 9]]);
    expect(listRows(testStream)).toEqual([[1, 2, 3], [0], [4, 5, 6, 7, 8, 9]]);
  });

  test("puts the samples it lists into each experience, as ni_benchmark does", () => {
    const fixedExperienceAssignment = [[0, 5, 2], [7, 9, 8, 1], [29]];
    const { trainStream, testStream } = createNewInstancesBenchmark({ ...made, fixedExperienceAssignment });
    expect(listRows(trainStream)).toEqual([[0, 2, 5], [1, 7, 8, 9], [29]]);
    expect(listClasses(trainStream)).toEqual([[0, 2, 5], [1, 7, 8, 9], [9]]);
    expect(testStream.at(0).dataset.length).toBe(10);
  });

  test("refuses what leaves a class out, comes twice, is not there, or has another option beside it", () => {
    const refuse = (lists: number[][], others: Partial<ClassIncrementalOptions> = {}) =>
      expect(() => deal({ fixedExperienceAssignment: lists, ...others }));
    refuse([
      [0, 1],
      [2, 3, 4, 5, 6, 7, 8],
    ]).toThrow("every class once in fixedExperienceAssignment, got");
    refuse([
      [0, 1],
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]).toThrow('got "1 twice"');
    refuse([[0, 10]]).toThrow("class ids from 0 to 9 in fixedExperienceAssignment, got 10");
    const whole = [
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ];
    refuse(whole, { experiences: 3 }).toThrow("fixedExperienceAssignment must have 3 lists, as experiences, got 2");
    refuse([[], ...whole]).toThrow("must leave no experience empty, got none for 0");
    refuse(whole, { classOrder: ORDER }).toThrow("excludes classOrder");
    refuse(whole, { classesPerExperience: [5, 5] }).toThrow("excludes classesPerExperience");
    const instances = (lists: number[][], balanced = false) =>
      expect(() => createNewInstancesBenchmark({ ...made, fixedExperienceAssignment: lists, balanced }));
    instances([[0, 30]]).toThrow("must name samples below 30, got 30");
    instances([[0, 3], [3]]).toThrow("must have no sample twice, got 3 twice");
    instances([[0]], true).toThrow("excludes balanced");
  });
});

describe("leaveOutClasses", () => {
  test("leaves the classes out that an order or an assignment does not name", () => {
    const order = { classOrder: [2, 3, 5, 8, 9, 1, 4, 6], leaveOutClasses: true };
    const { trainStream, testStream, numClasses } = deal({ ...order, experiences: 2 });
    expect(listClasses(trainStream)).toEqual([
      [2, 3, 5, 8],
      [1, 4, 6, 9],
    ]);
    expect(listRows(testStream)).toEqual([
      [2, 3, 5, 8],
      [1, 4, 6, 9],
    ]);
    expect(trainStream.at(1).futureClasses).toEqual([]);
    expect(numClasses).toBe(10);
    const counted = deal({ ...order, classesPerExperience: [1, 7], classIdsFromZeroFromFirstExperience: true });
    expect([counted.numClasses, counted.classNames.join("")]).toEqual([8, "23589146"]);
    const fixed = deal({ fixedExperienceAssignment: [[1], [0, 9]], leaveOutClasses: true });
    expect(listClasses(fixed.trainStream)).toEqual([[1], [0, 9]]);
    expect(() => deal({ leaveOutClasses: true, experiences: 2 })).toThrow("leaveOutClasses requires classOrder or");
    expect(() => deal({ ...order, classesPerExperience: [5, 5] })).toThrow("add up to the 8 classes, got 10");
  });
});
