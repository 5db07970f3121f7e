import { describe, expect, test } from "bun:test";
import {
  Accuracy,
  accuracyMetrics,
  BaseStrategy,
  Dataset,
  EarlyStoppingPlugin,
  EvaluationPlugin,
  EWCPlugin,
  LwF,
  lossMetrics,
  mlp,
  Naive,
  Replay,
  ReplayDataLoader,
  ReplayPlugin,
  ReservoirSamplingBuffer,
  type StrategyPlugin,
  TaskBalancedDataLoader,
} from "../../src/mod.ts";
import { createListener } from "../training/loop/callback_recorder.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

const benchmark = makeFastBenchmark();
const [first, second] = benchmark.trainStream;
if (!first || !second) throw new Error("There are five experiences");

/** What Avalanche's training tutorial says, sentence by sentence. The order of callbacks: callback_sequence_test.ts. */
describe("the training tutorial", () => {
  test("“components are independent from strategies”: benchmarks, loaders and metrics serve a loop of one's own", () => {
    const model = mlp({ inputShape: [6], hiddenSize: 8, numClasses: 10 });
    const accuracy = new Accuracy();
    const loader = new TaskBalancedDataLoader({ data: first.dataset, batchSize: 16, shuffle: false });
    for (const minibatch of loader.iterate()) {
      const data = Float32Array.from({ length: 10 * minibatch.length }, (_, i) => (i % 10 === 0 ? 1 : 0));
      accuracy.update({ data, shape: [minibatch.length, 10] }, minibatch.targets);
    }
    expect([accuracy.total, accuracy.result()]).toEqual([40, 0.5]);
    expect(model.outputs[0]?.shape).toEqual([null, 10]);
  });

  test("“most strategies require only” a model, an optimizer and a loss, which has a default here", () => {
    const { model, optimizer } = makeFastOptions();
    expect(() => Reflect.construct(Naive, [{ optimizer }])).toThrow("Naive: model is required");
    expect(() => Reflect.construct(Naive, [{ model }])).toThrow("Naive: optimizer is required");
    expect(new Naive({ model, optimizer, evaluator: null })).toBeInstanceOf(BaseStrategy);
  });

  test("“train and eval accept either a single experience or a list of them”", async () => {
    const strategy = new Naive(makeFastOptions());
    await withStrategy(strategy, async () => {
      await strategy.train(first);
      await strategy.train([first, second]);
      await strategy.train(benchmark.trainStream);
      expect(strategy.clock.trainExpCounter).toBe(8);
      await strategy.eval(benchmark.testStream.at(0));
      await strategy.eval([...benchmark.testStream].slice(0, 2));
    });
  });

  test("“the whole test set” is measured after each experience, by eval's result", async () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ experience: true, stream: true }) });
    const strategy = new Naive(makeFastOptions({ evaluator }));
    const counts = await withStrategy(strategy, async () => {
      const results: number[] = [];
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience);
        results.push(Object.keys(await strategy.eval(benchmark.testStream)).length);
      }
      return results;
    });
    expect(counts).toEqual([6, 6, 6, 6, 6]);
  });

  test("“plugins will be executed during the training/evaluation loops”, early stopping among them", async () => {
    const metrics = [...accuracyMetrics({ epoch: true, stream: true }), ...lossMetrics({ epoch: true })];
    const plugins = [new EarlyStoppingPlugin({ patience: 1, valStreamName: "train" })];
    const strategy = new Naive(
      makeFastOptions({ evaluator: new EvaluationPlugin({ metrics }), plugins, trainEpochs: 9 }),
    );
    await withStrategy(strategy, () => strategy.train(first));
    expect(strategy.clock.trainIterations).toBeLessThanOrEqual(9);
  });

  test("“a hybrid strategy that combines replay and EWC” is BaseStrategy with both plugins", async () => {
    const replay = new ReplayPlugin({ memSize: 100 });
    const strategy = new BaseStrategy(makeFastOptions({ plugins: [replay, new EWCPlugin({ lambda: 0.001 })] }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream.slice(0, 2));
      expect(replay.storagePolicy.buffer.length).toBe(80);
      expect(strategy.cluster.penalties.count).toBeGreaterThan(0);
    });
  });

  test("“it does not make sense to use multiple replay plugins”: they are refused", () => {
    const plugins = [new ReplayPlugin({ memSize: 10 }), new ReplayPlugin({ memSize: 10 })];
    expect(() => new Naive(makeFastOptions({ plugins }))).toThrow("ReplayPlugin");
  });

  test("“dataset adaptation can be modified by the strategy”, before the loader is made", async () => {
    const loaded: number[] = [];
    const adding = createListener(["afterTrainDatasetAdaptation"], (_, strategy) => {
      strategy.adaptedDataset = Dataset.concat([strategy.adaptedDataset, second.dataset]);
    });
    const counting = createListener(["beforeTrainingExp"], (_, { dataloader }) => void loaded.push(dataloader.length));
    const strategy = new Naive(makeFastOptions({ plugins: [adding, counting], trainMbSize: 10 }));
    await withStrategy(strategy, () => strategy.train(first));
    expect(loaded).toEqual([8]);
  });

  test("“before_training_exp is executed after make_train_dataloader”: an earlier callback cannot set the loader", async () => {
    const dataloader = new TaskBalancedDataLoader({ data: first.dataset, batchSize: 4, shuffle: false });
    const at = async (callback: "beforeTrainDatasetAdaptation" | "beforeTrainingExp") => {
      const setting = createListener([callback], (_, strategy) => {
        strategy.dataloader = dataloader;
      });
      const strategy = new Naive(makeFastOptions({ plugins: [setting], trainEpochs: 1 }));
      return withStrategy(strategy, async () => {
        await strategy.train(first);
        return strategy.clock.trainIterations;
      });
    };
    expect(await at("beforeTrainingExp")).toBe(10);
    await expect(at("beforeTrainDatasetAdaptation")).rejects.toThrow("dataloader");
  });

  test("“strategy state is accessible via several attributes”", async () => {
    const seen: unknown[] = [];
    const looking = createListener(["afterTrainingIteration", "afterEvalIteration"], (_, s) => {
      const { x, y, t } = { x: s.mbX, y: s.mbY, t: s.mbTaskId };
      seen.push([
        s.isTraining,
        x.shape,
        y.length,
        t.length,
        s.mbOutput.shape,
        Number.isFinite(s.loss),
        s.mbatch.length,
      ]);
      expect(s.experience.currentExperience).toBe(0);
      expect(s.adaptedDataset.length).toBe(s.experience.dataset.length);
      expect(s.dataloader.length).toBe(1);
    });
    const strategy = new Naive(makeFastOptions({ plugins: [looking], trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      await strategy.train(first);
      await strategy.eval(benchmark.testStream.at(0));
    });
    expect(seen).toEqual([
      [true, [40, 6], 40, 40, [40, 10], true, 40],
      [false, [16, 6], 16, 16, [16, 10], true, 16],
    ]);
  });

  test("“a simple replay plugin” of one's own: a loader in before_training_exp, the buffer in after_training_exp", async () => {
    const sizes: number[] = [];
    class ReplayP implements StrategyPlugin {
      readonly name = "ReplayP";
      readonly #buffer = new ReservoirSamplingBuffer({ maxSize: 50 });

      beforeTrainingExp(strategy: BaseStrategy): void {
        if (this.#buffer.buffer.length === 0) return;
        strategy.dataloader = new ReplayDataLoader({
          data: strategy.adaptedDataset,
          memory: this.#buffer.buffer,
          oversampleSmallTasks: true,
          batchSize: strategy.trainMbSize,
          stream: strategy.randomStreams.get("shuffle"),
        });
      }

      afterTrainingIteration({ mbatch }: BaseStrategy): void {
        sizes.push(mbatch.length);
      }

      afterTrainingExp(strategy: BaseStrategy): void {
        this.#buffer.update(strategy);
      }
    }
    const strategy = new Naive(makeFastOptions({ plugins: [new ReplayP()], trainMbSize: 20, trainEpochs: 1 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.slice(0, 3)));
    expect(sizes).toEqual([20, 20, 40, 40, 40, 40]);
  });

  test("“you can define a custom strategy by overriding methods”: Cumulative in a dozen lines", async () => {
    const lengths: number[] = [];
    class MyCumulative extends BaseStrategy {
      #dataset = Dataset.empty();

      override async trainDatasetAdaptation(): Promise<void> {
        await super.trainDatasetAdaptation();
        this.#dataset = Dataset.concat([this.#dataset, this.experience.dataset]);
        this.adaptedDataset = this.#dataset;
        lengths.push(this.adaptedDataset.length);
      }
    }
    const strategy = new MyCumulative(makeFastOptions());
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(lengths).toEqual([40, 80, 120, 160, 200]);
  });

  test("“replay strategies can be implemented” as a strategy or as a plugin, which other strategies take", async () => {
    const train = (strategy: BaseStrategy) =>
      withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream.slice(0, 2));
        return [...strategy.parameters];
      });
    const asStrategy = await train(new Replay({ ...makeFastOptions(), memSize: 20 }));
    expect(await train(new Naive(makeFastOptions({ plugins: [new ReplayPlugin({ memSize: 20 })] })))).toEqual(
      asStrategy,
    );
    const plugin = new ReplayPlugin({ memSize: 20 });
    await train(new LwF({ ...makeFastOptions({ plugins: [plugin] }), alpha: 1 }));
    expect(plugin.storagePolicy.buffer.length).toBe(20);
  });

  test("“the EvaluationPlugin uses the strategy callbacks”, and internal components are plugins", async () => {
    const evaluator = new EvaluationPlugin({ metrics: lossMetrics({ minibatch: true }) });
    const strategy = new Naive(makeFastOptions({ evaluator, trainMbSize: 10, trainEpochs: 1 }));
    await withStrategy(strategy, () => strategy.train(first));
    const [series] = Object.values(evaluator.getAllMetrics());
    expect(series?.steps).toEqual([0, 1, 2, 3]);
  });
});
