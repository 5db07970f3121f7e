import { describe, expect, test } from "bun:test";
import { type BenchmarkParts, collectSources, createBenchmark } from "../../src/streams/benchmark.ts";
import { makeDataset } from "../support/made_dataset.ts";

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
    expect(() => createBenchmark({ ...parts, numClasses: 1 })).toThrow(
      `Cannot create the benchmark "made": wanted ${wanted}`,
    );
  });
});

describe("collectSources()", () => {
  test("lists every source once by name, an online stream's too", () => {
    const benchmark = createBenchmark({ ...parts, onlineExperienceSize: 1, validationSize: 0 });
    expect([...collectSources(benchmark).keys()]).toEqual(["train", "test"]);
  });

  test("refuses two sources of one name", () => {
    const test = [{ dataset: makeDataset([1], { name: "train" }) }];
    expect(() => collectSources(createBenchmark({ ...parts, test }))).toThrow('names of their own, got "train"');
  });
});
