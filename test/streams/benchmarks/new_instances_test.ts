import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createNewInstancesBenchmark } from "../../../src/streams/benchmarks/new_instances.ts";
import type { NewInstancesOptions } from "../../../src/streams/benchmarks/new_instances_options.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

const fixed = { name: "made", numClasses: 4, sampleShape: [1], normalization: { scale: 1, mean: [], std: [] } };

function make(labels: readonly number[], options: Partial<NewInstancesOptions> = {}) {
  const [train, testPart] = [makeDataset(labels, { name: "train" }), makeDataset([0, 1, 2, 3], { name: "test" })];
  return {
    train,
    benchmark: createNewInstancesBenchmark({ ...fixed, train, test: testPart, experiences: 1, ...options }),
  };
}

describe("createNewInstancesBenchmark()", () => {
  test("puts every sample into one experience, sizes and, where balanced, classes equal to one sample", () => {
    const cases = fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }).chain((labels) =>
      fc.record({
        labels: fc.constant(labels),
        experiences: fc.integer({ min: 1, max: labels.length }),
        balanced: fc.boolean(),
        shuffle: fc.boolean(),
        seed: fc.nat(99),
      }),
    );
    fc.assert(
      fc.property(cases, ({ labels, ...options }) => {
        const { train, benchmark } = make(labels, options);
        const parts = [...benchmark.trainStream].map(({ dataset }) => dataset);
        expect(parts.flatMap(listSamples).sort()).toEqual(listSamples(train).sort());
        const spread = (counts: number[]) => Math.max(...counts) - Math.min(...counts);
        expect(spread(parts.map(({ length }) => length))).toBeLessThanOrEqual(1);
        for (let id = 0; options.balanced && id < 4; id++) {
          const counts = parts.map(({ targets }) => targets.filter((label) => label === id).length);
          expect(spread(counts)).toBeLessThanOrEqual(1);
        }
        expect([benchmark.testStream.length, benchmark.testStream.at(0).dataset.length]).toEqual([1, 4]);
      }),
    );
  });

  test("follows its seed, or the order of the data set", () => {
    const labels = Array.from({ length: 40 }, (_, i) => i % 4);
    const list = (options: Partial<NewInstancesOptions>) => {
      const { benchmark } = make(labels, { experiences: 4, ...options });
      return [...benchmark.trainStream].map(({ dataset }) => Array.from(dataset.references.rows));
    };
    expect(list({ seed: 1 })).toEqual(list({ seed: 1 }));
    expect(list({ seed: 1 })).not.toEqual(list({ seed: 2 }));
    expect(list({ shuffle: false })[1]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(list({ shuffle: false, balanced: true })[1]).toEqual([4, 6, 13, 15, 20, 22, 29, 31, 36, 38]);
  });

  test("gives every experience so many samples of each class at least, each sample to one of them", () => {
    const cases = fc.record({
      counts: fc.array(fc.integer({ min: 6, max: 20 }), { minLength: 1, maxLength: 4 }),
      experiences: fc.integer({ min: 1, max: 3 }),
      least: fc.integer({ min: 1, max: 2 }),
      shuffle: fc.boolean(),
      balanced: fc.boolean(),
      seed: fc.nat(99),
    });
    fc.assert(
      fc.property(cases, ({ counts, least, ...options }) => {
        const labels = counts.flatMap((count, id) => Array.from({ length: count }, () => id));
        const { train, benchmark } = make(labels, { ...options, minClassPatternsInExperience: least });
        const parts = [...benchmark.trainStream].map(({ dataset }) => dataset);
        expect(parts.flatMap(listSamples).sort()).toEqual(listSamples(train).sort());
        for (const { targets } of parts) {
          for (const id of counts.keys()) {
            expect(targets.filter((label) => label === id).length).toBeGreaterThanOrEqual(least);
          }
        }
        const sizes = parts.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
    const few = () => make([0, 0, 0, 1, 1, 1, 1, 1], { experiences: 2, minClassPatternsInExperience: 2 });
    expect(few).toThrow(
      'made: minClassPatternsInExperience must be at most 1, as the class "0" has 3 samples for 2 experiences, got 2',
    );
  });

  test("refuses more experiences than samples", () => {
    expect(() => make([0, 1], { experiences: 3 })).toThrow("made: experiences must be at most 2, a sample each, got 3");
    expect(() => make([0, 1], { test: makeDataset([]) })).toThrow("at least one test sample, got 0");
  });
});
