import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { exportStrategy } from "../../../src/runs/exports/export_strategy.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import { LabelGuard } from "../../../src/training/loop/label_guard.ts";
import { makeOptions, withStrategy } from "./made_strategy.ts";

function make(labels: readonly number[], options: { numClasses?: number; taskLabel?: number } = {}) {
  const { taskLabel = 0, ...rest } = options;
  const part = (name: string) =>
    createArrayDataset({ name, x: new Float32Array(6 * labels.length), y: labels, sampleShape: [6], taskLabel });
  return createDatasetBenchmark({ name: "made", train: [part("train")], test: [part("test")], ...rest });
}

describe("LabelGuard", () => {
  const admit = (...benchmarks: readonly ReturnType<typeof make>[]) => {
    const guard = new LabelGuard();
    for (const { trainStream, testStream } of benchmarks) {
      guard.admit(trainStream.at(0));
      guard.admit(testStream.at(0));
    }
  };

  test("lets numbers in that stand for the same labels, also where one list is longer", () => {
    admit(make([0, 1]), make([0, 1, 2]), make([1], { numClasses: 9 }), make([0, 1]));
    admit(make([3, 5]), make([3, 5, 7]), make([3, 5]));
    admit(make([0], { taskLabel: 2010 }), make([0], { taskLabel: 2010 }));
  });

  test("refuses columns of targets that stood for something else before, and forgets nothing", () => {
    const makeNumbers = (targetNames?: readonly string[]) => {
      const values = [
        [1, 2],
        [3, 4],
      ];
      const part = (name: string) =>
        createArrayDataset({
          name,
          x: new Float32Array(12),
          values,
          sampleShape: [6],
          ...(targetNames ? { targetNames } : {}),
        });
      return createDatasetBenchmark({ name: "numbers", train: [part("train")], test: [part("test")] });
    };
    const [known, other] = [makeNumbers(["price", "weight"]), makeNumbers(["weight", "price"])];
    admit(known, known);
    const sentence =
      'targets are 2 values a sample (weight, price) in the stream "train" and were 2 values a sample (price, weight) in';
    expect(() => admit(known, other)).toThrow(sentence);
    expect(() => admit(known, makeNumbers())).toThrow("targets are 2 values a sample in the stream");
    expect(() => admit(makeNumbers(), make([0, 0]))).toThrow("targets are class ids in the stream");
    const [guard, restored] = [new LabelGuard(), new LabelGuard()];
    guard.admit(known.trainStream.at(0));
    restored.restore(guard.save());
    expect(restored.targets).toEqual({ kind: "values", width: 2, names: ["price", "weight"] });
    expect(() => restored.admit(other.trainStream.at(0))).toThrow(sentence);
  });

  test("refuses a number that stood for another label before, in streams cut from others too", () => {
    expect(() => admit(make([0, 1, 2]), make([1, 2]))).toThrow(
      'the class id 0 stands for "1" in the stream "train" and for "0" in what this strategy saw before; make both',
    );
    expect(() => admit(make([1, 2]), make([1], { numClasses: 3 }))).toThrow('stands for "0" in the stream "train"');
    const tasks = [2010, 2020].map((taskLabel) => make([0], { taskLabel }));
    expect(() => admit(...tasks)).toThrow('the task label 0 stands for "2020" in the stream "train" and for "2010"');
    expect(() => admit(make([0]), make([0], { taskLabel: 2010 }))).toThrow('task label 0 stands for "2010"');
    const online = createOnlineStream(make([4]).trainStream, { experienceSize: 1, random: new RandomStream(0, "cut") });
    const guard = new LabelGuard();
    guard.admit(online.at(0));
    expect(() => guard.admit(make([5]).trainStream.at(0))).toThrow('class id 0 stands for "5"');
  });

  test("admits tasks that are years, which have a head each and no thousand", async () => {
    const part = (taskLabel: number, name: string) =>
      createArrayDataset({
        name: `${name} ${taskLabel}`,
        x: new Float32Array(12),
        y: [0, 1],
        sampleShape: [6],
        taskLabel,
      });
    const years = [2010, 2020];
    const benchmark = createDatasetBenchmark({
      name: "years",
      train: years.map((year) => part(year, "train")),
      test: years.map((year) => part(year, "test")),
    });
    const model = mlp({ inputShape: [6], hiddenLayers: 0, multiHead: true });
    await withStrategy(new Naive({ ...makeOptions(), model }), async (strategy) => {
      await strategy.train(benchmark.trainStream);
      await strategy.eval(benchmark.testStream);
      expect(strategy.heads).toMatchObject([{ kind: "multi-head", headUnits: [2, 2] }]);
      const experience = benchmark.trainStream.at(1);
      const { metadata } = decodeModel((await exportStrategy(strategy, { benchmark, experience })).bytes);
      expect(metadata["firn.task_names"]).toBe('["2010","2020"]');
    });
  });

  test("is asked by train() and eval() before they change the model", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      await strategy.train(make([0, 1]).trainStream);
      const before = Array.from(strategy.parameters);
      await expect(strategy.train(make([1, 2]).trainStream)).rejects.toThrow('class id 0 stands for "1"');
      await expect(strategy.eval(make([1, 2]).testStream)).rejects.toThrow('class id 0 stands for "1"');
      expect(Array.from(strategy.parameters)).toEqual(before);
      await strategy.eval(make([1, 2], { numClasses: 4 }).testStream);
    });
  });
});
