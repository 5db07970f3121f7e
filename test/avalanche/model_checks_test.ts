import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { viewEntry } from "../../src/core/parameter_layout.ts";
import {
  type BaseStrategy,
  type Experience,
  FeCAMClassifier,
  FeCAMPlugin,
  flattenWeights,
  type HostTensor,
  LwF,
  lenet5,
  mlp,
  Naive,
  NCMClassifier,
  NCMPlugin,
  PNNStrategy,
  pnn,
  SGD,
  simpleCNN,
  simpleMLP,
  withGrowingHead,
} from "../../src/mod.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

const SIZE = { inputShape: [6], hiddenLayers: 1, hiddenSize: 10 } as const;
const MASK = -1000;

/** The columns that answer something else than the mask, for all samples of an experience. */
async function listAnswering(strategy: BaseStrategy, { dataset }: Experience): Promise<number[]> {
  const { data, shape } = await strategy.forwardWith(strategy.parameters, dataset);
  const [rows = 0, width = 0] = shape;
  const columns = Array.from({ length: width }, (_, column) => column);
  const isMasked = (column: number) =>
    Array.from({ length: rows }, (_, row) => data[row * width + column] === MASK).every(Boolean);
  return columns.filter((column) => !isMasked(column));
}

function read(strategy: BaseStrategy, name: string): number[] {
  const entry = strategy.cluster.model.layout.entries.find((candidate) => candidate.name === name);
  if (!entry) throw new Error(`There is no ${name}`);
  return [...viewEntry(strategy.parameters, entry)];
}

describe("tests/models/test_models.py", () => {
  test("test_incremental_classifier_masking: classes that were trained answer, the others are masked", async () => {
    const { trainStream } = makeFastBenchmark();
    const strategy = new Naive(makeFastOptions({ model: mlp({ ...SIZE, incremental: true }), trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      const seen: number[] = [];
      for (const experience of trainStream) {
        seen.push(...experience.classesInThisExperience);
        await strategy.train(experience);
        expect(await listAnswering(strategy, experience)).toEqual([...seen].sort((a, b) => a - b));
      }
    });
  });

  test("test_incremental_classifier_update_masking_only_during_training: evaluation grows the head alone", async () => {
    const { trainStream, testStream } = makeFastBenchmark();
    const strategy = new Naive(makeFastOptions({ model: mlp({ ...SIZE, incremental: true }), trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      await strategy.eval(testStream);
      expect(strategy.mbOutput.shape).toEqual([0, 0]);
      expect(await listAnswering(strategy, trainStream.at(0))).toEqual([0, 1]);
      expect(strategy.heads.map((head) => head.kind === "incremental" && head.units)).toEqual([10]);
    });
  });

  test("test_incremental_classifier and …_weight_update: old weights stay, new ones are trained", async () => {
    const { trainStream } = makeFastBenchmark();
    const optimizer = new SGD({ learningRate: 0 });
    const strategy = new Naive(makeFastOptions({ model: mlp({ ...SIZE, incremental: true }), optimizer }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      const { parameters } = strategy;
      const [kernel, bias] = [read(strategy, "classifier/kernel"), read(strategy, "classifier/bias")];
      await strategy.train(trainStream.at(0));
      expect(strategy.parameters).toBe(parameters);
      await strategy.train(trainStream.at(4));
      const wider = read(strategy, "classifier/kernel");
      expect(wider.length).toBe(10 * 10);
      expect(wider.filter((_, i) => i % 10 < 2)).toEqual(kernel);
      expect(read(strategy, "classifier/bias").slice(0, 2)).toEqual(bias);
      optimizer.learningRate = 0.1;
      await strategy.train(trainStream.at(4));
      const trained = read(strategy, "classifier/kernel");
      expect([8, 9].map((column) => trained[column] !== wider[column])).toEqual([true, true]);
    });
  });

  test("test_multi_head_classifier_masking: each head answers for its own classes, after all were trained, too", async () => {
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const strategy = new Naive(makeFastOptions({ multiHead: true, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      for (const experience of trainStream) {
        await strategy.train(experience);
        expect(await listAnswering(strategy, experience)).toEqual([...experience.classesInThisExperience]);
      }
      for (const experience of trainStream) {
        expect(await listAnswering(strategy, experience)).toEqual([...experience.classesInThisExperience]);
      }
    });
  });

  test("test_multihead_head_creation and test_avalanche_adaptation: a head for each task, as wide as it needs", async () => {
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const strategy = new Naive(makeFastOptions({ multiHead: true, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      for (const _ of [1, 2]) await strategy.train(trainStream);
      const wanted = [...trainStream].map(({ classesInThisExperience }) => Math.max(...classesInThisExperience) + 1);
      expect(strategy.heads.map((head) => head.kind === "multi-head" && head.headUnits)).toEqual([wanted]);
    });
  });

  test("test_multihead_head_selection: samples are answered by the head of their label", async () => {
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const model = withGrowingHead(mlp({ ...SIZE, numClasses: 2 }), "multi-head", { masking: false });
    const strategy = new Naive(makeFastOptions({ model, optimizer: new SGD({ learningRate: 0.1 }) }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      await strategy.train(trainStream.at(4));
      const { dataset } = trainStream.at(4);
      const { data } = await strategy.forwardWith(strategy.parameters, dataset);
      const features = await strategy.extractFeatures(dataset);
      const [kernel, bias] = [read(strategy, "classifier/kernel"), read(strategy, "classifier/bias")];
      // [tasks, in, units] and [tasks, units], ten units wide.
      for (let column = 0; column < 10; column++) {
        let wanted = bias[4 * 10 + column] ?? 0;
        for (let i = 0; i < 10; i++) wanted += (features.data[i] ?? 0) * (kernel[(4 * 10 + i) * 10 + column] ?? 0);
        expect(data[column]).toBeCloseTo(wanted, 4);
      }
    });
  });

  test("test_ncm_classification and test_fecam_classification: the nearest of three means", () => {
    const tensor = (...rows: readonly number[][]): HostTensor => ({
      data: Float32Array.from(rows.flat()),
      shape: [rows.length, 4],
    });
    const samples = tensor([4, 3, 2, 1], [3, 2, 4, 1]);
    for (const classifier of [
      new NCMClassifier({ normalize: false }),
      new NCMClassifier(),
      new FeCAMClassifier({ tukeyLambda: 1 }),
    ]) {
      classifier.learn(new Map([0, 1, 2].map((id) => [id, tensor([0, 1, 2, 3].map((i) => (i === id ? 1 : 0)))])));
      const { data } = classifier.score(samples, 3);
      const best = [0, 1].map(
        (row) => [0, 1, 2].sort((a, b) => (data[row * 3 + b] ?? 0) - (data[row * 3 + a] ?? 0))[0],
      );
      expect(best).toEqual([0, 2]);
      // test_ncm_class_expansion: a class with a gap below it; test_ncm_save_load: the same after a way through data.
      classifier.add(new Map([[5, tensor([0, 0, 0, 1])]]));
      expect(classifier.classes).toEqual([0, 1, 2, 5]);
      expect(classifier.score(samples, 3).shape).toEqual([2, 6]);
      const again =
        classifier instanceof NCMClassifier ? new NCMClassifier({ normalize: false }) : new FeCAMClassifier();
      again.restore(structuredClone(classifier.save()));
      expect(again.classes).toEqual([0, 1, 2, 5]);
      // test_ncm_replace_means
      classifier.learn(new Map([[1, tensor([4, 3, 2, 1])]]));
      const after = classifier.score(samples, 3).data.slice(0, 3);
      expect(Math.max(...after)).toBe(after[1] ?? Number.NaN);
    }
    // test_ncm_forward_without_class_means
    expect(new NCMClassifier().score(samples, 10).shape).toEqual([2, 10]);
    expect(new FeCAMClassifier().score(samples, 10).shape).toEqual([2, 10]);
  });

  test("test_pnn_on_multiple_tasks: two columns answer for their tasks", async () => {
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const model = pnn({ inputShape: [6], hiddenLayers: 2, hiddenSize: 10, adapter: "mlp" });
    const strategy = new PNNStrategy(makeFastOptions({ model, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.slice(0, 2));
      const outputs = await Promise.resolve(strategy.forwardWith(strategy.parameters, trainStream.at(0).dataset));
      expect(outputs.shape).toEqual([40, 4]);
      expect((await strategy.forwardWith(strategy.parameters, trainStream.at(1).dataset)).shape).toEqual([40, 4]);
    });
  });
});

describe("tests/training/test_update_utils.py", () => {
  for (const update of ["current", "memory", "oracle"] as const) {
    test(`an NCMPlugin and a FeCAMPlugin are updated from ${update} data`, async () => {
      const { trainStream, testStream } = makeFastBenchmark();
      for (const plugin of [new NCMPlugin({ update }), new FeCAMPlugin({ update })]) {
        const strategy = new Naive(makeFastOptions({ plugins: [plugin], trainEpochs: 1 }));
        await withStrategy(strategy, async () => {
          await strategy.train(trainStream.at(0));
          await strategy.eval(testStream.at(0));
          const { data } = await strategy.predict(testStream.at(0).dataset).then(({ classes }) => ({ data: classes }));
          expect([...data].every((id) => id < 2)).toBe(true);
        });
      }
    });
  }
});

describe("tests/models/test_helper_method.py", () => {
  const create = {
    simpleMLP: () => simpleMLP({ inputShape: [8, 8, 3], hiddenSize: 16 }),
    simpleCNN: () => simpleCNN(),
    lenet5: () => lenet5(),
  };
  for (const [name, make] of Object.entries(create)) {
    test(`test_initialisation, test_modules and test_outputs: ${name} keeps its classifier as the head of task 0`, () => {
      const given = make();
      const before = flattenWeights(given);
      const [, ...shape] = given.inputs[0]?.shape ?? [];
      const x = tf.randomNormal([3, ...shape.map((length) => length ?? 0)], 0, 1, "float32", 1);
      const wanted = [...(given.predict(x) as tf.Tensor).dataSync()];
      const model = withGrowingHead(given, "multi-head", { keepsWeights: true, masking: false });
      const after = flattenWeights(model);
      expect(after.layout.size).toBe(before.layout.size);
      expect(after.parameters).toEqual(before.parameters);
      expect(model.getLayer("classifier").getClassName()).toBe("MultiHeadClassifier");
      const labels = tf.zeros([3], "int32");
      const got = [...(model.apply([x, labels]) as tf.Tensor).dataSync()];
      for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 4);
      const incremental = withGrowingHead(make(), "incremental", { keepsWeights: true });
      expect(flattenWeights(incremental).parameters).toEqual(before.parameters);
    });
  }

  test("test_integration: such a model is trained, and evaluated on the tasks so far", async () => {
    const { trainStream, testStream } = makeFastBenchmark({ taskLabels: true });
    const model = withGrowingHead(mlp({ ...SIZE, numClasses: 2 }), "multi-head", { keepsWeights: true });
    const optimizer = new SGD({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.0002 });
    const strategy = new Naive(makeFastOptions({ model, optimizer, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      for (const experience of trainStream) {
        await strategy.train(experience);
        await strategy.eval(testStream.slice(0, experience.currentExperience + 1));
      }
      expect(strategy.clock.trainExpCounter).toBe(5);
    });
  });
});

describe("tests/training/test_regularization.py", () => {
  for (const taskLabels of [false, true]) {
    test(`test_lwf: nothing is added in the first experience, ${taskLabels ? "later every earlier head is held" : "later something is"}`, async () => {
      const { trainStream } = makeFastBenchmark({ taskLabels });
      const added: boolean[] = [];
      const moved: number[][] = [];
      const model = () => mlp(taskLabels ? { ...SIZE, multiHead: true } : { ...SIZE, numClasses: 10 });
      // The first experience moves the model away from its teacher of the second.
      const train = async (alpha: number) => {
        const options = makeFastOptions({ model: model(), optimizer: new SGD({ learningRate: 0.1 }) });
        const strategy = new LwF({ ...options, alpha, temperature: 2 });
        const ends: number[][] = [];
        await withStrategy(strategy, async () => {
          for (const experience of [...trainStream].slice(0, 3)) {
            await strategy.train(experience);
            ends.push(read(strategy, "classifier/kernel"));
          }
        });
        return ends;
      };
      const [held, free] = [await train(1), await train(0)];
      for (const [i, end] of held.entries()) added.push(end.some((value, j) => value !== free[i]?.[j]));
      expect(added).toEqual([false, true, true]);
      if (!taskLabels) return;
      // [tasks, in, units]: which heads LwF has moved otherwise than training alone.
      const width = (held[2]?.length ?? 0) / 3;
      for (const task of [0, 1]) moved.push((held[2] ?? []).slice(task * width, (task + 1) * width));
      expect(moved.map((head, task) => head.some((v, j) => v !== free[2]?.[task * width + j]))).toEqual([true, true]);
    });
  }
});
