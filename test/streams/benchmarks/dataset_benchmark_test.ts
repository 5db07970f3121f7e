import { describe, expect, test } from "bun:test";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";

function make(name: string, labels: readonly number[], sampleShape: readonly number[] = [2]) {
  const size = sampleShape.reduce((a, b) => a * b, 1);
  return createArrayDataset({ name, x: new Float32Array(labels.length * size).fill(7), y: labels, sampleShape });
}

describe("createDatasetBenchmark()", () => {
  test("makes an experience of each data set, copied to shared memory", () => {
    const x = Uint8Array.of(1, 2, 3, 4);
    const bytes = createArrayDataset({
      name: "a",
      x,
      y: [0, 1],
      sampleShape: [2],
      transforms: [{ kind: "scale", factor: 2, offset: 0 }],
    });
    x.fill(0);
    const benchmark = createDatasetBenchmark({ name: "mine", train: [bytes, make("b", [3])], test: [make("c", [1])] });
    expect([benchmark.numClasses, benchmark.sampleShape, benchmark.isTaskIncremental]).toEqual([3, [2], false]);
    expect(Array.from(readSamples(benchmark.trainStream.at(0).dataset).data)).toEqual([2, 4, 6, 8]);
    expect(benchmark.trainStream.at(1).previousClasses).toEqual([0, 1]);
    expect([...benchmark.trainStream.at(0).dataset.sources.values()][0]?.x.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("gives every experience a task label where asked to", () => {
    const train = [make("a", [0]), make("b", [0])];
    const options = { name: "mine", train, test: [make("c", [0]), make("d", [0])], taskLabels: true };
    const { trainStream, testStream, isTaskIncremental } = createDatasetBenchmark(options);
    expect([trainStream.at(1).taskLabel, testStream.at(1).taskLabel, isTaskIncremental]).toEqual([1, 1, true]);
    expect(() => createDatasetBenchmark({ ...options, test: train.slice(1) })).toThrow(
      "as many test as train experiences (2)",
    );
  });

  test("has further streams by name, whose labels are numbered with the others", () => {
    const [train, valid] = [
      [make("a", [5, 7]), make("b", [9, 7])],
      [make("v0", [5]), make("v1", [9])],
    ];
    const options = { name: "mine", train, test: [make("c", [7])], streams: { valid, strangers: [make("s", [8])] } };
    const benchmark = createDatasetBenchmark(options);
    expect([...benchmark.streams.keys()]).toEqual(["train", "test", "valid", "strangers"]);
    expect(benchmark.classNames).toEqual(["5", "7", "8", "9"]);
    expect([...(benchmark.streams.get("valid") ?? [])].map(({ dataset }) => Array.from(dataset.targets))).toEqual([
      [0],
      [3],
    ]);
    expect(benchmark.streams.get("strangers")?.at(0).originStream.name).toBe("strangers");
    const refuse = (more: object) => expect(() => createDatasetBenchmark({ ...options, ...more }));
    refuse({ streams: { valid: [make("v0", [5])] } }).toThrow("as many valid as train experiences (2), got 1");
    refuse({ streams: { test: [make("t", [5])] } }).toThrow('mine: streams must have names of their own, got "test"');
    refuse({ streams: { train_online: [make("t", [5])] } }).toThrow("streams must have names of their own");
    refuse({ validationSize: 1 }).toThrow('streams must have names of their own, got "valid"');
    refuse({ experienceSize: 1 }).toThrow("no experienceSize beside a stream valid, got 1");
    refuse({ streams: { late: [make("t", [5], [3])] } }).toThrow('samples of shape [2] in "t" too');
  });

  test("refuses data sets that do not go together", () => {
    const [a, b] = [make("a", [0]), make("b", [0], [1, 2])];
    const refuse = (train: (typeof a)[], options = {}) =>
      createDatasetBenchmark({ name: "mine", train, test: [a], ...options });
    expect(() => refuse([a, b])).toThrow('needs samples of shape [2] in "b" too, got [1, 2]');
    expect(() => refuse([make("c", [5])], { numClasses: 3 })).toThrow("class ids from 0 to 2");
    expect(() => createDatasetBenchmark({ name: "mine", train: [], test: [] })).toThrow("has no samples");
    expect(() => createArrayDataset({ name: "a", x: new Uint8Array(3), y: [1], sampleShape: [2] })).toThrow(
      "1 samples of 2",
    );
  });

  test("has the names that it is given for class ids, more than occur, and refuses another number of them", () => {
    const given = { name: "mine", train: [make("a", [0])], test: [make("b", [2])], classNames: ["ant", "bee", "cat"] };
    const { numClasses, classNames, trainStream } = createDatasetBenchmark(given);
    expect([numClasses, classNames, trainStream.at(0).classesInThisExperience]).toEqual([3, given.classNames, [0]]);
    expect(() => createDatasetBenchmark({ ...given, test: [make("c", [3])] })).toThrow("class ids from 0 to 2");
    expect(() => createDatasetBenchmark({ ...given, numClasses: 4 })).toThrow("a name for each of 4 classes, got 3");
  });

  test("takes labels for names: those that occur are the classes, and numClasses says that they are ids", () => {
    const [train, test] = [[make("a", [1914, 65535]), make("b", [1939])], [make("c", [-1, 1939])]];
    const benchmark = createDatasetBenchmark({ name: "mine", train, test });
    expect([benchmark.numClasses, benchmark.classNames]).toEqual([4, ["-1", "1914", "1939", "65535"]]);
    expect([...benchmark.trainStream].map(({ dataset }) => [...dataset.targets])).toEqual([[1, 3], [2]]);
    expect([...benchmark.testStream.at(0).dataset.targets]).toEqual([0, 2]);
    const ids = createDatasetBenchmark({
      name: "mine",
      train: [make("a", [1])],
      test: [make("c", [3])],
      numClasses: 5,
    });
    expect([ids.classNames, [...ids.testStream.at(0).dataset.targets]]).toEqual([["0", "1", "2", "3", "4"], [3]]);
    const part = createDatasetBenchmark({
      name: "mine",
      train: [make("a", [7, 3, 5]).subset([0, 2])],
      test: [make("c", [5])],
    });
    expect([part.classNames, [...part.trainStream.at(0).dataset.targets]]).toEqual([
      ["5", "7"],
      [1, 0],
    ]);
    const dense = [make("a", [0, 1])];
    const [source] = dense[0]?.sources.values() ?? [];
    const kept = createDatasetBenchmark({ name: "mine", train: dense, test: [make("c", [2])] });
    expect([...kept.trainStream.at(0).dataset.sources.values()]).toEqual(source ? [source] : []);
  });

  test("takes large task labels for names, and leaves small ones as they are", () => {
    const of = (taskLabel: number) =>
      createArrayDataset({ name: `task ${taskLabel}`, x: new Uint8Array(2), y: [0, 0], sampleShape: [1], taskLabel });
    const years = createDatasetBenchmark({ name: "mine", train: [of(2020), of(2010)], test: [of(2015)] });
    expect([...years.trainStream, ...years.testStream].map(({ taskLabel }) => taskLabel)).toEqual([2, 0, 1]);
    expect(years.taskNames).toEqual(["2010", "2015", "2020"]);
    const small = createDatasetBenchmark({ name: "mine", train: [of(3)], test: [of(99)] });
    expect([small.trainStream.at(0).taskLabel, small.testStream.at(0).taskLabel]).toEqual([3, 99]);
    expect([small.taskNames, small.trainStream.labelNames?.taskNames]).toEqual([undefined, undefined]);
  });
});
