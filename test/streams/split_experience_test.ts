import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import { splitValidation } from "../../src/streams/split_experience.ts";
import type { ValidationSplit } from "../../src/streams/validation_splits.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

const KINDS = ["class-balanced", "random", "last"] as const;

function split(dataset: Dataset, validationSize: number, { seed = 0, kind = KINDS[0] as ValidationSplit } = {}) {
  return splitValidation(dataset, { validationSize, random: new RandomStream(seed, "validation"), split: kind });
}

function countClass({ targets }: Dataset, id: number): number {
  return targets.filter((target) => target === id).length;
}

describe("splitValidation() of a number of samples", () => {
  test("keeps so many, every sample in one half, in order, the same for one seed; classes give their share", () => {
    const cases = fc.array(fc.nat(3), { minLength: 2, maxLength: 40 }).chain((labels) =>
      fc.record({
        labels: fc.constant(labels),
        size: fc.integer({ min: 1, max: labels.length }),
        kind: fc.constantFrom(...KINDS),
        seed: fc.nat(99),
      }),
    );
    fc.assert(
      fc.property(cases, ({ labels, size, kind, seed }) => {
        const dataset = makeDataset(labels);
        const { train, valid } = split(dataset, size, { seed, kind });
        expect([valid.length, train.length]).toEqual([size, labels.length - size]);
        expect([...listSamples(train), ...listSamples(valid)].sort()).toEqual(listSamples(dataset).sort());
        for (const { references } of [train, valid]) expect(references.rows).toEqual(references.rows.toSorted());
        expect(listSamples(split(dataset, size, { seed, kind }).valid)).toEqual(listSamples(valid));
        for (let id = 0; kind === "class-balanced" && id < 4; id++) {
          const exact = (countClass(dataset, id) * size) / labels.length;
          expect(Math.abs(countClass(valid, id) - exact)).toBeLessThan(1);
        }
      }),
    );
  });

  test("takes the last ones as benchmark_with_validation_stream(validation_size=4, shuffle=False)", () => {
    // What Avalanche 0.6.0 does with the rows of an experience, in their order.
    const dataset = makeDataset(Array.from({ length: 15 }, (_, i) => i % 5));
    const { train, valid } = split(dataset, 4, { kind: "last" });
    expect(Array.from(train.references.rows)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(Array.from(valid.references.rows)).toEqual([11, 12, 13, 14]);
    expect(Array.from(split(dataset, 0.2, { kind: "last" }).valid.references.rows)).toEqual([12, 13, 14]);
  });

  test("draws from all classes at random, or as a function says", () => {
    const dataset = makeDataset(Array.from({ length: 60 }, (_, i) => i % 2));
    const counts = new Set(
      Array.from({ length: 20 }, (_, seed) => countClass(split(dataset, 20, { seed, kind: "random" }).valid, 1)),
    );
    expect(counts.size).toBeGreaterThan(3);
    const halves = { train: dataset.subset([0, 1]), valid: dataset.subset([2]) };
    expect(split(dataset, 0, { kind: () => halves })).toBe(halves);
  });

  test("refuses more than there are, and what is neither a share nor a number", () => {
    const dataset = makeDataset([0, 1, 2]);
    expect(() => split(dataset, 4)).toThrow("validationSize must be at most the 3 samples there are, got 4");
    expect(() => split(dataset, 1.5)).toThrow("or a whole number of samples, got 1.5");
    expect(() => split(dataset, -1)).toThrow("or a whole number of samples, got -1");
    // @ts-expect-error It must return two data sets.
    expect(() => split(dataset, 0, { kind: () => dataset })).toThrow("must return { train, valid }, data sets, got");
    // @ts-expect-error There is no such way.
    expect(() => split(dataset, 1, { kind: "balanced" })).toThrow("split must be");
  });
});

describe("createBenchmark() with a validation stream", () => {
  const data = ["monday", "tuesday"].map((name) => makeDataset([0, 1, 0, 1, 0, 1, 0, 1], { name }));
  const test_ = makeDataset([0, 1], { name: "test" });
  const make = (options: object) => createDatasetBenchmark({ name: "made", train: data, test: [test_], ...options });

  test("takes the samples of each experience", () => {
    const { trainStream, streams } = make({ validationSize: 2 });
    expect([...trainStream].map(({ dataset }) => dataset.length)).toEqual([6, 6]);
    const targets = [...(streams.get("valid") ?? [])].map(({ dataset }) => Array.from(dataset.targets).sort());
    expect(targets).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("asks a function for the halves of each experience", () => {
    const evens = (dataset: Dataset) => ({ train: dataset.subset([1, 3, 5, 7]), valid: dataset.subset([0, 2, 4, 6]) });
    const { trainStream, streams } = make({ validationSplit: evens });
    expect(trainStream.at(1).classesInThisExperience).toEqual([1]);
    expect(streams.get("valid")?.at(1).classesInThisExperience).toEqual([0]);
  });

  test("refuses to leave an experience without samples, and a size beside a function", () => {
    expect(() => make({ validationSize: 8 })).toThrow(
      'the benchmark "made", experience 0 needs validationSize below its 8 samples, got 8',
    );
    const whole = (dataset: Dataset) => ({ train: dataset.subset([]), valid: dataset });
    expect(() => make({ validationSplit: whole })).toThrow('stream "train" needs at least one sample in experience 0');
    expect(() => make({ validationSplit: whole, validationSize: 2 })).toThrow(
      "no validationSize where validationSplit is a function, got 2",
    );
  });
});
