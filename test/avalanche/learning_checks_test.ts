import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logSumExp } from "../../src/core/log_sum_exp.ts";
import {
  Adam,
  AdamW,
  accuracyMetrics,
  type BaseStrategy,
  CrossEntropyLoss,
  Cumulative,
  createClassMask,
  EvaluationPlugin,
  EWC,
  loadStrategy,
  mlp,
  Naive,
  PackNet,
  PNNStrategy,
  pnn,
  RandomStream,
  Replay,
  SGD,
  saveStrategy,
} from "../../src/mod.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

const SIZE = { inputShape: [6], hiddenLayers: 1, hiddenSize: 10 } as const;
const createEvaluator = () => new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });

/** The accuracy over all samples that were trained, whatever their tasks. */
async function measureTraining(strategy: BaseStrategy, { trainStream } = makeFastBenchmark()): Promise<number> {
  return withStrategy(strategy, async () => {
    for (const experience of trainStream) await strategy.train(experience);
    const metrics = await strategy.eval(trainStream);
    return Number(Object.values(metrics)[0]);
  });
}

describe("tests/training/test_strategies_accuracy.py", () => {
  const benchmark = makeFastBenchmark({ taskLabels: true, samplesPerClass: 60 });

  test("test_multihead_cumulative: a head for each task learns all of them to more than 0.7", async () => {
    const model = mlp({ ...SIZE, hiddenLayers: 2, hiddenSize: 100, activation: "tanh", multiHead: true });
    const options = makeFastOptions({ model, optimizer: new SGD({ learningRate: 1 }), trainEpochs: 6 });
    const strategy = new Cumulative({ ...options, evaluator: createEvaluator() });
    expect(await measureTraining(strategy, benchmark)).toBeGreaterThan(0.7);
  });

  test("test_pnn: a column for each task learns all of them to more than 0.5", async () => {
    const model = pnn({ inputShape: [6], hiddenLayers: 1, hiddenSize: 50 });
    const options = makeFastOptions({ model, optimizer: new SGD({ learningRate: 0.1 }), trainMbSize: 32 });
    const strategy = new PNNStrategy({ ...options, trainEpochs: 1, evaluator: createEvaluator() });
    expect(await measureTraining(strategy, benchmark)).toBeGreaterThan(0.5);
  });

  test("tests/models/test_packnet.py: tasks that were learned are predicted the same to the end", async () => {
    const predictions: number[][] = [];
    const again: number[][] = [];
    // One head: the weights of a task are those that it was given, whatever is trained later.
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const options = makeFastOptions({ optimizer: new SGD({ learningRate: 0.1 }), trainEpochs: 3 });
    const strategy = new PackNet({ ...options, postPruneEpochs: 1, pruneProportion: 0.5 });
    await withStrategy(strategy, async () => {
      const experiences = [...trainStream].slice(0, 3);
      for (const experience of experiences) {
        await strategy.train(experience);
        predictions.push([...(await strategy.predict(experience.dataset)).classes]);
      }
      for (const { dataset } of experiences) again.push([...(await strategy.predict(dataset)).classes]);
    });
    expect(again).toEqual(predictions);
  });
});

describe("tests/training/test_supervised_regression.py", () => {
  test("test_reproduce_old_base_strategy: equal seeds give equal parameters, another seed others", async () => {
    const train = async (seed: number) => {
      const strategy = new Naive(makeFastOptions({ seed }));
      return withStrategy(strategy, async () => {
        await strategy.train(makeFastBenchmark().trainStream);
        return [...strategy.parameters];
      });
    };
    const first = await train(0);
    expect(await train(0)).toEqual(first);
    expect(await train(1)).not.toEqual(first);
  });

  test("test_reproduce_old_cumulative_strategy: Cumulative trains on all experiences so far", async () => {
    const lengths: number[] = [];
    const noting = { beforeTrainingExp: (s: BaseStrategy) => void lengths.push(s.adaptedDataset.length) };
    const strategy = new Cumulative(makeFastOptions({ plugins: [noting] }));
    await withStrategy(strategy, async () => {
      for (const experience of makeFastBenchmark().trainStream) await strategy.train(experience);
    });
    expect(lengths).toEqual([40, 80, 120, 160, 200]);
  });
});

describe("tests/test_optimizer.py", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "firn-optimizer-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const [name, optimizer] of [
    ["SGD with momentum", () => new SGD({ learningRate: 0.1, momentum: 0.9 })],
    ["SGD", () => new SGD({ learningRate: 0.1 })],
    ["Adam", () => new Adam()],
    ["AdamW", () => new AdamW()],
  ] as const) {
    test(`test_optimizers: ${name} keeps its state of old parameters when a head grows, and has some for new ones`, async () => {
      const { trainStream } = makeFastBenchmark();
      const model = mlp({ ...SIZE, incremental: true });
      const strategy = new Naive(makeFastOptions({ model, optimizer: optimizer(), trainEpochs: 1 }));
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        const before = strategy.cluster.optimizerState.map((vector) => [...vector.subarray(0, 70)]);
        // The head of four classes, without a step.
        await strategy.eval(trainStream.at(1));
        const grown = strategy.cluster.optimizerState;
        expect(grown.map((vector) => [...vector.subarray(0, 70)])).toEqual(before);
        for (const vector of grown) expect(vector.length).toBe(strategy.parameters.length);
        await strategy.train(trainStream.at(1));
        // The bias of the newest class.
        for (const vector of strategy.cluster.optimizerState) expect(vector.at(-1)).not.toBe(0);
      });
    });
  }

  test("test_checkpointing: the optimizer's state is saved, and training goes on with it", async () => {
    const { trainStream } = makeFastBenchmark({ taskLabels: true });
    const file = join(folder, "strategy.safetensors");
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const strategy = new Naive(makeFastOptions({ multiHead: true, optimizer }));
    const wanted = await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      await saveStrategy(strategy, file);
      return strategy.cluster.optimizerState.map((vector) => [...vector]);
    });
    expect(wanted[0]?.some((value) => value !== 0)).toBe(true);
    await withStrategy(await loadStrategy(file, { cluster: { workers: 0 } }), async (loaded) => {
      expect(loaded.cluster.optimizerState.map((vector) => [...vector])).toEqual(wanted);
      await loaded.train(trainStream.at(1));
      expect(loaded.clock.trainExpCounter).toBe(2);
    });
  });
});

describe("tests/training/test_losses.py", () => {
  test("TestMaskedCrossEntropy: the loss over new classes is that of their columns alone", () => {
    const random = new RandomStream(0, "outputs");
    const data = Float32Array.from({ length: 5 * 8 }, () => random.normal());
    const y = Int32Array.of(5, 5, 6, 7, 6);
    const evaluate = (classes: readonly number[]) =>
      new CrossEntropyLoss({ classMask: (size) => createClassMask(classes, size) }).evaluate(
        { data, shape: [5, 8] },
        y,
      );
    const slow = [0, 1, 2, 3, 4].map((row) => {
      const columns = [5, 6, 7].map((column) => data[row * 8 + column] ?? 0);
      return logSumExp(columns) - (columns[(y[row] ?? 0) - 5] ?? 0);
    });
    const wanted = slow.reduce((sum, loss) => sum + loss, 0) / 5;
    expect(evaluate([5, 6, 7]).loss).toBeCloseTo(wanted, 5);
    expect(Math.abs(evaluate([1, 2, 3, 4, 5, 6, 7]).loss - wanted)).toBeGreaterThan(1e-3);
  });
});

describe("examples/", () => {
  test("strategies of one model go on from each other, as the snippets of the tutorial do", async () => {
    const { trainStream, testStream } = makeFastBenchmark();
    const model = mlp({ ...SIZE, numClasses: 10 });
    const counts: number[] = [];
    for (const create of [
      () => new Naive(makeFastOptions({ model })),
      () => new Replay({ ...makeFastOptions({ model }), memSize: 20 }),
      () => new EWC({ ...makeFastOptions({ model }), lambda: 0.4 }),
    ]) {
      const strategy = create();
      await withStrategy(strategy, async () => {
        for (const experience of trainStream) await strategy.train(experience);
        await strategy.eval(testStream);
        counts.push(strategy.clock.trainExpCounter);
      });
    }
    expect(counts).toEqual([5, 5, 5]);
  });
});
