import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Dataset } from "../../../src/data/dataset.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import type { ClassIncrementalOptions } from "../../../src/streams/benchmarks/class_incremental_options.ts";
import type { Benchmark, Stream } from "../../../src/streams/experience.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";
import { makeTargets } from "../../support/made_targets.ts";

const normalization = { scale: 1, mean: [], std: [] };

/** A benchmark on made data: `perClass` train samples and one test sample a class, the classes taking turns. */
function make(options: Partial<ClassIncrementalOptions> & { perClass?: number } = {}): Benchmark {
  const { numClasses = 5, perClass = 20 } = options;
  const train = makeDataset(
    Array.from({ length: numClasses * perClass }, (_, i) => i % numClasses),
    { name: "train" },
  );
  const test = makeDataset(
    Array.from({ length: numClasses }, (_, i) => i),
    { name: "test" },
  );
  const fixed = { name: "made", train, test, numClasses, experiences: 2, normalization, sampleShape: [1] };
  return createClassIncrementalBenchmark({ ...fixed, ...options });
}

/** The samples of all experiences of a stream, sorted. */
function listAll(stream: Stream): string[] {
  return [...stream].flatMap(({ dataset }) => listSamples(dataset)).sort();
}

describe("createClassIncrementalBenchmark()", () => {
  test("deals every class to one experience and loses no sample, whatever the numbers", () => {
    const numbers = fc.integer({ min: 1, max: 12 }).chain((numClasses) =>
      fc.record({
        numClasses: fc.constant(numClasses),
        experiences: fc.integer({ min: 1, max: numClasses }),
        seed: fc.nat(1000),
        taskLabels: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(numbers, (options) => {
        const { trainStream, testStream } = make(options);
        const classes = [...trainStream].map((experience) => experience.classesInThisExperience);
        expect(classes.flat().sort((a, b) => a - b)).toEqual([...Array(options.numClasses).keys()]);
        const sizes = classes.map((ids) => ids.length);
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
        expect((sizes[0] ?? 0) - (sizes.at(-1) ?? 0)).toBeLessThanOrEqual(1);
        for (const [index, experience] of [...trainStream].entries()) {
          expect([...new Set(experience.dataset.targets)].sort((a, b) => a - b)).toEqual([...(classes[index] ?? [])]);
          expect(experience.dataset.length).toBe(20 * (sizes[index] ?? 0));
          expect(testStream.at(index).classesInThisExperience).toEqual(experience.classesInThisExperience);
          expect(experience.taskLabel).toBe(options.taskLabels ? index : 0);
        }
      }),
    );
  });

  test("follows a class order, else its seed, else the class ids", () => {
    const orderOf = (options: Partial<ClassIncrementalOptions>) =>
      [...make({ experiences: 5, ...options }).trainStream].map((experience) => experience.classesInThisExperience[0]);
    expect(orderOf({ classOrder: [3, 1, 4, 0, 2], seed: 9 })).toEqual([3, 1, 4, 0, 2]);
    expect(orderOf({ shuffle: false })).toEqual([0, 1, 2, 3, 4]);
    expect(orderOf({ seed: 4 })).toEqual(orderOf({ seed: 4 }));
    const orders = new Set(Array.from({ length: 20 }, (_, seed) => orderOf({ seed }).join()));
    expect(orders.size).toBeGreaterThan(10);
  });

  test("tells what came before, what was seen and what is to come", () => {
    const experience = make({ experiences: 3, classOrder: [4, 0, 3, 1, 2] }).trainStream.at(1);
    expect(experience.classesInThisExperience).toEqual([1, 3]);
    expect(experience.previousClasses).toEqual([0, 4]);
    expect(experience.classesSeenSoFar).toEqual([0, 1, 3, 4]);
    expect(experience.futureClasses).toEqual([2]);
  });

  test("refuses a wrong class order, too many experiences, labels that are no classes, empty experiences", () => {
    expect(() => make({ classOrder: [0, 1, 2, 3, 3] })).toThrow('got "3 twice"');
    expect(() => make({ classOrder: [0, 1, 2, 3] })).toThrow("none of class 4");
    expect(() => make({ classOrder: [0, 1, 2, 3, 5] })).toThrow("class ids from 0 to 4 in classOrder, got 5");
    expect(() => make({ experiences: 6 })).toThrow("experiences");
    expect(() => make({ experiences: 0 })).toThrow("experiences");
    expect(() => make({ test: makeDataset([0, 5]) })).toThrow("labels from 0 to 4, got 5");
    const test = makeDataset([0, 1, 2]);
    expect(() => make({ shuffle: false, test })).toThrow('stream "test" needs at least one sample in experience 1');
  });

  test("taskLabels gives each experience its own sources on the same arrays, by names that differ", () => {
    const { trainStream, isTaskIncremental } = make({ taskLabels: true });
    const [first, second] = [...trainStream].map(({ dataset }) => [...dataset.sources.values()]);
    expect(isTaskIncremental).toBe(true);
    expect([first?.length, second?.length]).toEqual([1, 1]);
    expect(first?.[0]?.x).toBe(second?.[0]?.x);
    expect([first?.[0]?.name, second?.[0]?.name]).toEqual(["train, task 0", "train, task 1"]);
  });

  test("refuses targets that are numbers", () => {
    const [train, test] = [makeTargets({ name: "train" }), makeTargets({ name: "test" })];
    expect(() => make({ train, test, sampleShape: [6] })).toThrow(
      'the benchmark "made" needs class ids to deal to experiences, got "2 values a sample"',
    );
  });

  test("validationSize takes its share of every class and leaves the rest", () => {
    const whole = make({ seed: 3 });
    const { trainStream, streams } = make({ seed: 3, validationSize: 0.1, train: fromTrain(whole) });
    const valid = streams.get("valid");
    expect([...(valid ?? [])].map(({ dataset }) => Array.from(dataset.targets).sort())).toEqual(
      [...trainStream].map(({ classesInThisExperience }) => classesInThisExperience.flatMap((id) => [id, id])),
    );
    const all = [...listAll(trainStream), ...(valid ? listAll(valid) : [])].sort();
    expect(all).toEqual(listAll(whole.trainStream));
    expect(() => make({ validationSize: 1.5 })).toThrow(
      "validationSize must be a share of at least 0 and below 1, or a whole number of samples, got 1.5",
    );
    expect(() => make({ validationSize: 0.001 })).toThrow('stream "valid" needs at least one sample in experience 0');
  });

  test("examplesPerExperience draws a subset from the seed, of train experiences alone", () => {
    const whole = make();
    const drawn = (seed: number) => make({ examplesPerExperience: 7, seed, shuffle: false, train: fromTrain(whole) });
    expect([...drawn(1).trainStream].map(({ dataset }) => dataset.length)).toEqual([7, 7]);
    expect([...drawn(1).testStream].map(({ dataset }) => dataset.length)).toEqual([3, 2]);
    expect(listAll(drawn(1).trainStream)).toEqual(listAll(drawn(1).trainStream));
    expect(listAll(drawn(1).trainStream)).not.toEqual(listAll(drawn(2).trainStream));
    expect(new Set(listAll(drawn(1).trainStream)).size).toBe(14);
    expect(() => make({ examplesPerExperience: 41 })).toThrow("experience 1 needs examplesPerExperience");
  });
});

/** The train data of a benchmark as one data set. */
function fromTrain({ trainStream }: Benchmark): Dataset {
  return Dataset.concat([...trainStream].map(({ dataset }) => dataset));
}
