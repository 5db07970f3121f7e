import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { elementAt } from "../../../src/core/element_at.ts";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { getBatchReader } from "../../../src/data/transforms/augmented_reader.ts";
import { labelTasks } from "../../../src/data/transforms/label_tasks.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { makeDataset } from "../../support/made_dataset.ts";

const made = { name: "made", sampleShape: [2] };

describe("createArrayDataset() with taskLabels", () => {
  test("keeps samples, targets and their order, and gives each its own task label", () => {
    const rows = fc.array(fc.record({ value: fc.integer({ min: -99, max: 99 }), y: fc.nat(5), task: fc.nat(3) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const x = Float32Array.from(list.flatMap(({ value }) => [value, value + 0.5]));
        const y = list.map((row) => row.y);
        const tasks = list.map(({ task }) => task);
        const dataset = createArrayDataset({ ...made, x, y, taskLabels: tasks });
        expect(readSamples(dataset).data).toEqual(x);
        expect(Array.from(dataset.targets)).toEqual(y);
        expect(Array.from(dataset.targetsTaskLabels)).toEqual(tasks);
        expect(dataset.taskLabels).toEqual([...new Set(tasks)].sort((a, b) => a - b));
        // No row is held twice.
        const held = [...dataset.sources.values()].map((source) => source.y.length);
        expect(held.reduce((sum, count) => sum + count, 0)).toBe(list.length);
      }),
    );
  });

  test("names a source for each task, and keeps the name where there is one task", () => {
    const make = (taskLabels: number[]) =>
      [...createArrayDataset({ ...made, x: new Float32Array(6), y: [0, 1, 0], taskLabels }).sources.values()].map(
        ({ name, taskLabel }) => [name, taskLabel],
      );
    expect(make([7, 2, 7])).toEqual([
      ["made, task 2", 2],
      ["made, task 7", 7],
    ]);
    expect(make([4, 4, 4])).toEqual([["made", 4]]);
  });

  test("keeps targets that are numbers with their samples", () => {
    const x = new Float32Array(6);
    const dataset = createArrayDataset({ ...made, x, values: [1.5, 2.5, 3.5], taskLabels: [1, 0, 1] });
    expect(Array.from(dataset.targetValues?.data ?? [])).toEqual([1.5, 2.5, 3.5]);
  });

  test("refuses labels that are missing, no whole numbers, or of two kinds", () => {
    const make = (options: object) => createArrayDataset({ ...made, x: new Float32Array(4), y: [0, 1], ...options });
    expect(() => make({ taskLabels: [0] })).toThrow("made needs 2 task labels, one a sample, got 1");
    const wanted = "made, row 1: the task label must be a whole number from 0 to 2^31 - 1, got";
    for (const label of [-1, 0.5, Number.NaN, 2 ** 31, "1", null]) {
      expect(() => make({ taskLabels: [0, label] })).toThrow(wanted);
    }
    expect(() => make({ taskLabels: [0, 1], taskLabel: 1 })).toThrow("made: taskLabels exclude taskLabel");
  });
});

describe("labelTasks()", () => {
  test("has images augmented as the rows that they were", () => {
    const x = Uint8Array.from({ length: 4 * 36 }, (_, i) => i);
    const images = {
      name: "images",
      x,
      y: [0, 0, 0, 0],
      sampleShape: [6, 6, 1],
      augmentation: { cropPadding: 2, flip: true },
    };
    const [whole, parted] = [createArrayDataset(images), createArrayDataset({ ...images, taskLabels: [1, 0, 1, 0] })];
    const read = ({ sources, references }: typeof whole, position: number) => {
      const source = [...sources.values()].find(({ id }) => id === references.sourceIds[position]);
      if (!source) throw new Error("no such source");
      const out = new Float32Array(36);
      getBatchReader(source, { seed: 3, step: 5 })(elementAt(references.rows, position), out, 0);
      return out;
    };
    for (let i = 0; i < 4; i++) expect(read(parted, i)).toEqual(read(whole, i));
  });

  test("refuses more tasks than there can be", () => {
    const [source] = makeDataset(new Int32Array(10_001)).sources.values();
    if (!source) throw new Error("no source");
    const labels = Int32Array.from({ length: 10_001 }, (_, i) => i);
    expect(() => labelTasks(source, labels)).toThrow("made: there must be at most 10000 tasks, got 10001");
  });
});

describe("benchmarks of samples with task labels", () => {
  const samples = (name: string, tasks: number[]) =>
    createArrayDataset({
      name,
      x: new Float32Array(2 * tasks.length),
      y: [0, 1, 0, 1],
      sampleShape: [2],
      taskLabels: tasks,
    });

  test("have experiences of several tasks, and are task-incremental", () => {
    const train = [samples("a", [0, 1, 0, 1]), samples("b", [1, 1, 2, 2])];
    const benchmark = createDatasetBenchmark({ name: "made", train, test: [samples("c", [2, 2, 2, 2])] });
    expect([...benchmark.trainStream].map(({ taskLabels }) => taskLabels)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(benchmark.testStream.at(0).taskLabel).toBe(2);
    expect(benchmark.isTaskIncremental).toBe(true);
    expect(() => benchmark.trainStream.at(0).taskLabel).toThrow("exactly one task label");
    const one = createDatasetBenchmark({
      name: "made",
      train: [samples("a", [3, 3, 3, 3])],
      test: [samples("b", [3, 3, 3, 3])],
    });
    expect(one.isTaskIncremental).toBe(false);
  });

  test("keep the labels where classes are dealt", () => {
    const { trainStream } = createClassIncrementalBenchmark({
      name: "made",
      train: samples("train", [0, 5, 5, 5]),
      test: samples("test", [0, 5, 0, 5]),
      experiences: 2,
      shuffle: false,
      sampleShape: [2],
      normalization: { scale: 1, mean: [], std: [] },
    });
    expect([...trainStream].map(({ dataset }) => Array.from(dataset.targetsTaskLabels))).toEqual([
      [0, 5],
      [5, 5],
    ]);
  });
});
