import { describe, expect, test } from "bun:test";
import {
  accuracyMetrics,
  Cumulative,
  CWRStar,
  createOnlineStream,
  EarlyStoppingPlugin,
  EvaluationPlugin,
  type Experience,
  InteractiveLogger,
  JointTraining,
  LwFPlugin,
  lossMetrics,
  Naive,
  RandomStream,
  ReplayPlugin,
  type StrategyPlugin,
  StreamingLDA,
  TextLogger,
} from "../../src/mod.ts";
import { groupByStream } from "../../src/training/loop/eval_streams.ts";
import { createListener } from "../training/loop/callback_recorder.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

const benchmark = makeFastBenchmark();
const first = benchmark.trainStream.at(0);
const createEvaluator = () => new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });

describe("tests/training/test_strategies.py", () => {
  // 120 samples an experience, one a minibatch, two epochs.
  const large = makeFastBenchmark({ samplesPerClass: 60 }).trainStream.at(0);
  for (const [evalEvery, evalMode, wanted] of [
    [-1, "epoch", 0],
    [0, "epoch", 2],
    [1, "epoch", 3],
    [100, "iteration", 5],
  ] as const) {
    test(`test_periodic_eval: evalEvery of ${evalEvery} in ${evalMode}s evaluates ${wanted} times`, async () => {
      const evaluator = createEvaluator();
      const strategy = new Naive(makeFastOptions({ evaluator, evalEvery, evalMode, trainMbSize: 1 }));
      await withStrategy(strategy, () => strategy.train(large));
      const all = Object.values(evaluator.getAllMetrics());
      expect(all.map(({ values }) => values.length)).toEqual(wanted === 0 ? [] : [wanted]);
    });
  }

  test("test_plugins_compatibility_checks: early stopping on the training stream needs no evaluation", async () => {
    const all = { minibatch: true, epoch: true, experience: true, stream: true };
    const evaluator = new EvaluationPlugin({ metrics: [...lossMetrics(all), ...accuracyMetrics(all)] });
    const plugins = [new EarlyStoppingPlugin({ patience: 10, valStreamName: "train" })];
    const strategy = new Naive(makeFastOptions({ evaluator, plugins }));
    await withStrategy(strategy, () => strategy.train(first));
    expect(strategy.clock.trainExpCounter).toBe(1);
  });

  test("test_early_stop: stopping after the tenth iteration ends each experience after the eleventh", async () => {
    const stopping = createListener(["afterTrainingIteration"], (_, strategy) => {
      if (strategy.clock.trainEpochIterations === 10) strategy.stopTraining();
    });
    const strategy = new Cumulative(makeFastOptions({ plugins: [stopping], trainMbSize: 1, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience);
        expect(strategy.clock.trainEpochIterations).toBe(11);
      }
    });
  });

  test("test_naive: an unknown option is refused", () => {
    expect(() => Reflect.construct(Naive, [{ ...makeFastOptions(), traiEpochs: 2 }])).toThrow(TypeError);
  });

  test("test_joint: trains on all samples at once, and once alone", async () => {
    const lengths: number[] = [];
    const noting = createListener(
      ["afterTrainDatasetAdaptation"],
      (_, s) => void lengths.push(s.adaptedDataset.length),
    );
    for (const taskLabels of [false, true]) {
      const { trainStream } = makeFastBenchmark({ taskLabels });
      const strategy = new JointTraining(makeFastOptions({ multiHead: taskLabels, plugins: [noting] }));
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        await expect(strategy.train(trainStream)).rejects.toThrow("JointTraining");
      });
    }
    expect(lengths).toEqual([200, 200]);
  });

  test("test_cwrstar: consolidated counts are those of the samples of each class", async () => {
    const strategy = new CWRStar(makeFastOptions());
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      const plugin = strategy.plugins.find(({ name }) => name === "CWRStarPlugin");
      const counts = [...JSON.stringify(plugin?.state?.save()).matchAll(/"samples":(\d+)/g)].map(([, count]) => count);
      expect(counts).toEqual(new Array<string>(10).fill("20"));
    });
  });

  test("test_warning_slda_lwf: streaming LDA takes no plugins that change how it trains", () => {
    const plugins = [new LwFPlugin(), new ReplayPlugin({ memSize: 10 })];
    expect(() => new StreamingLDA({ ...makeFastOptions({ plugins }) })).toThrow("LwFPlugin");
  });

  test("test_eval_streams_normalization: experiences are put together by their streams", () => {
    const { trainStream, testStream } = benchmark;
    const lengths = (...streams: readonly Iterable<Experience>[]) =>
      groupByStream(streams.flatMap((stream) => [...stream])).map((group) => group.length);
    expect(lengths(testStream)).toEqual([5]);
    expect(lengths(testStream, trainStream)).toEqual([5, 5]);
  });
});

describe("tests/training/test_online_strategies.py", () => {
  test("test_naive: trains pieces one by one, and all of them in one call", async () => {
    const strategy = new Naive(makeFastOptions({ trainMbSize: 1, trainEpochs: 1 }));
    await withStrategy(strategy, async () => {
      const options = { experienceSize: 10, random: new RandomStream(0, "pieces") };
      for (const piece of createOnlineStream(benchmark.trainStream, options)) await strategy.train(piece);
      expect(strategy.clock.trainExpCounter).toBe(20);
      await strategy.train(createOnlineStream(benchmark.trainStream, options), { evalStreams: [] });
      expect(strategy.clock.trainExpCounter).toBe(40);
      await strategy.eval(benchmark.testStream);
    });
  });
});

describe("tests/training/test_stream_completeness.py", () => {
  const createStrict = () => new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }), strictChecks: true });

  test("test_raise_error: a part of the stream is refused", async () => {
    const strategy = new Naive(makeFastOptions({ evaluator: createStrict() }));
    await withStrategy(strategy, async () => {
      await strategy.train(first);
      await strategy.eval(benchmark.testStream);
      await expect(strategy.eval(benchmark.testStream.slice(0, 2))).rejects.toThrow(
        'strictChecks needs all 5 experiences of the stream "test", got 2',
      );
      await strategy.eval(benchmark.testStream);
    });
  });

  test("test_no_errors: the whole stream is evaluated in training, and after it", async () => {
    const strategy = new Naive(makeFastOptions({ evaluator: createStrict(), evalEvery: 0 }));
    await withStrategy(strategy, async () => {
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience, { evalStreams: [benchmark.testStream] });
        await strategy.eval(benchmark.testStream);
      }
    });
  });
});

describe("tests/training/test_plugins.py", () => {
  test("test_callback_reachability: every callback is called", async () => {
    const called = new Set<PropertyKey>();
    // What has a method of any name is asked for those that a plugin may have.
    const plugin: StrategyPlugin = createListener(
      [
        ...([
          "beforeTraining",
          "beforeTrainingExp",
          "beforeTrainDatasetAdaptation",
          "afterTrainDatasetAdaptation",
        ] as const),
        ...(["beforeTrainingEpoch", "beforeTrainingIteration", "beforeForward", "afterForward"] as const),
        ...(["beforeBackward", "afterBackward", "beforeUpdate", "afterUpdate", "afterTrainingIteration"] as const),
        ...(["afterTrainingEpoch", "afterTrainingExp", "afterTraining"] as const),
        ...(["beforeEval", "beforeEvalDatasetAdaptation", "afterEvalDatasetAdaptation", "beforeEvalExp"] as const),
        ...(["beforeEvalIteration", "beforeEvalForward", "afterEvalForward", "afterEvalIteration"] as const),
        ...(["afterEvalExp", "afterEval"] as const),
      ],
      (callback) => void called.add(callback),
    );
    const strategy = new Naive(makeFastOptions({ plugins: [plugin] }));
    await withStrategy(strategy, async () => {
      await strategy.train(first);
      await strategy.eval(benchmark.testStream.at(0));
    });
    expect(called.size).toBe(26);
  });

  test("test_publish_metric: a value that is published is listed, and loggers get it at the next event", async () => {
    const heard: string[] = [];
    const logger = { logMetrics: (values: readonly { key: string }[]) => heard.push(...values.map(({ key }) => key)) };
    const evaluator = new EvaluationPlugin({ metrics: [], loggers: [logger] });
    evaluator.publishMetricValue({ key: "metric", value: 1, step: 0 });
    expect(evaluator.getAllMetrics().metric?.values).toEqual([1]);
    expect(evaluator.getLastMetrics()).toEqual({ metric: 1 });
    expect(heard).toEqual([]);
    const strategy = new Naive(makeFastOptions({ evaluator }));
    await withStrategy(strategy, () => strategy.eval(benchmark.testStream));
    expect(heard).toEqual(["metric"]);
  });
});

describe("tests/test_loggers.py", () => {
  for (const [name, create] of [
    ["TextLogger", (write: (text: string) => void) => new TextLogger({ write })],
    ["InteractiveLogger", (write: (text: string) => void) => new InteractiveLogger({ stream: { write } })],
  ] as const) {
    test(`${name} follows training and evaluation`, async () => {
      let text = "";
      const all = { minibatch: true, epoch: true, experience: true, stream: true };
      const write = (more: string) => {
        text += more;
      };
      const loggers = [create(write)];
      const evaluator = new EvaluationPlugin({ metrics: lossMetrics(all), loggers });
      const strategy = new Naive(makeFastOptions({ evaluator, trainMbSize: 32 }));
      await withStrategy(strategy, async () => {
        for (const experience of benchmark.trainStream) await strategy.train(experience);
        await strategy.eval(benchmark.trainStream);
      });
      expect(text).toContain("Loss_Stream/eval_phase/train_stream");
    });
  }
});
