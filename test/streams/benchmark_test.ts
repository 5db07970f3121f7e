import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BenchmarkParts, collectSources, createBenchmark } from "../../src/streams/benchmark.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import type { Stream } from "../../src/streams/experience.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

const parts: BenchmarkParts = {
  name: "made",
  train: [{ dataset: makeDataset([0, 1], { name: "train" }) }],
  test: [{ dataset: makeDataset([1], { name: "test" }) }],
  numClasses: 2,
  sampleShape: [1],
  isTaskIncremental: false,
  normalization: { scale: 1, mean: [], std: [] },
};

describe("createBenchmark()", () => {
  test("refuses labels that are no class ids, by stream and experience", () => {
    const wanted = "class ids from 0 to 0 in experience 0 of train, got 1";
    expect(() => createBenchmark({ ...parts, numClasses: 1 })).toThrow(`benchmark "made" needs ${wanted}`);
  });
});

describe("createBenchmark() with stream options", () => {
  const labels = Array.from({ length: 30 }, (_, i) => i % 2);
  const train = [0, 1].map((id) => ({ dataset: makeDataset(labels, { name: `train ${id}` }), classes: [0, 1] }));
  const samplesOf = (stream: Stream | undefined) => [...(stream ?? [])].flatMap(({ dataset }) => listSamples(dataset));

  test("cuts experiences into smaller ones, every sample in one of them or in validation", () => {
    const options = fc.record({
      experienceSize: fc.integer({ min: 1, max: 40 }),
      validationSize: fc.constantFrom(0, 0.25),
      validationSplit: fc.constantFrom("class-balanced" as const, "random" as const),
      seed: fc.nat(99),
    });
    fc.assert(
      fc.property(options, (made) => {
        // Fewer than 8 samples may leave one of the parts without any, which is refused.
        fc.pre(made.validationSize === 0 || (30 % made.experienceSize || made.experienceSize) >= 8);
        const { streams, trainStream } = createBenchmark({ ...parts, train, ...made });
        const sizes = [...trainStream].map(({ currentExperience, dataset }) => {
          const valid = streams.get("valid")?.at(currentExperience).dataset.length ?? 0;
          return dataset.length + valid;
        });
        const pieces = Math.ceil(30 / made.experienceSize);
        const last = 30 - (pieces - 1) * made.experienceSize;
        const wanted = [...Array(pieces - 1).fill(made.experienceSize), last];
        expect(sizes).toEqual([...wanted, ...wanted]);
        const all = [...samplesOf(trainStream), ...samplesOf(streams.get("valid"))];
        expect(all.sort()).toEqual(train.flatMap(({ dataset }) => listSamples(dataset)).sort());
      }),
    );
  });

  test("draws validation from every class alike, or from all samples", () => {
    const countOnes = (split: "class-balanced" | "random", seed: number) => {
      const { streams } = createBenchmark({ ...parts, train, validationSize: 1 / 3, validationSplit: split, seed });
      const valid = streams.get("valid")?.at(0).dataset;
      expect(valid?.length).toBe(10);
      return valid?.targets.filter((id) => id === 1).length;
    };
    const seeds = [...Array(12).keys()];
    expect(new Set(seeds.map((seed) => countOnes("class-balanced", seed)))).toEqual(new Set([5]));
    expect(new Set(seeds.map((seed) => countOnes("random", seed))).size).toBeGreaterThan(1);
  });

  test("examplesPerExperience says how many samples there are with those for validation", () => {
    const sizes = fc.record({
      examplesPerExperience: fc.integer({ min: 8, max: 30 }),
      validationSize: fc.constantFrom(0.25, 0.5),
      validationSplit: fc.constantFrom("class-balanced" as const, "random" as const),
      seed: fc.nat(99),
    });
    fc.assert(
      fc.property(sizes, (made) => {
        const { streams, trainStream } = createBenchmark({ ...parts, train, ...made });
        for (const { currentExperience, dataset } of trainStream) {
          const valid = streams.get("valid")?.at(currentExperience).dataset.length ?? 0;
          expect(dataset.length + valid).toBe(made.examplesPerExperience);
          expect(Math.abs(valid - made.validationSize * made.examplesPerExperience)).toBeLessThanOrEqual(1);
        }
        const all = [...samplesOf(trainStream), ...samplesOf(streams.get("valid"))];
        expect(new Set(all).size).toBe(2 * made.examplesPerExperience);
        // Without validation, what is trained on is the same samples.
        const { validationSize: _, ...rest } = made;
        expect(samplesOf(createBenchmark({ ...parts, train, ...rest }).trainStream).sort()).toEqual(all.sort());
      }),
    );
  });

  test("leaves smaller last pieces out of the online stream where asked to", () => {
    const whole = createBenchmark({ ...parts, train, onlineExperienceSize: 4 }).streams.get("train_online");
    const { streams } = createBenchmark({ ...parts, train, onlineExperienceSize: 4, onlineDropLast: true });
    const lengths = Array.from(streams.get("train_online") ?? [], ({ dataset }) => dataset.length);
    expect(new Set(lengths)).toEqual(new Set([4]));
    expect(samplesOf(whole).length).toBeGreaterThan(4 * lengths.length);
    expect(() => createBenchmark({ ...parts, onlineDropLast: true })).toThrow("onlineExperienceSize beside");
  });

  test("makes an online stream of mixtures, and refuses options that mean nothing", () => {
    const { streams } = createBenchmark({ ...parts, train, onlineExperienceSize: 7, decayBeta: 2 });
    const online = streams.get("train_online");
    expect(samplesOf(online).sort()).toEqual(train.flatMap(({ dataset }) => listSamples(dataset)).sort());
    const mixed = [...(online ?? [])].filter(({ dataset }) => new Set(dataset.references.sourceIds).size > 1);
    expect(mixed.length).toBeGreaterThan(0);
    expect(() => createBenchmark({ ...parts, decayBeta: 2 })).toThrow("onlineExperienceSize beside decayBeta");
    expect(() => createBenchmark({ ...parts, experienceSize: 0 })).toThrow(
      "made: experienceSize must be at least 1, got 0",
    );
  });
});

describe("collectSources()", () => {
  test("lists every source once by name, an online stream's too", () => {
    const benchmark = createBenchmark({ ...parts, onlineExperienceSize: 1, validationSize: 0 });
    expect([...collectSources(benchmark).keys()]).toEqual(["train", "test"]);
  });

  test("refuses two sources of one name, unless they are the same samples", () => {
    const test = [{ dataset: makeDataset([1], { name: "train" }) }];
    expect(() => collectSources(createBenchmark({ ...parts, test }))).toThrow('names of their own, got "train"');
    const a = makeDataset([0, 1], { name: "a" });
    const given = { name: "made", train: [a, a], test: [a, a], numClasses: 2, taskLabels: true };
    expect([...collectSources(createDatasetBenchmark(given)).keys()]).toEqual(["a, task 0", "a, task 1"]);
  });
});
