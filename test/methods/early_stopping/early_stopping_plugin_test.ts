import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { createMetricKey } from "../../../src/evaluation/metric_key.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import type { PluginMetric } from "../../../src/evaluation/plugin_metric.ts";
import { EarlyStoppingPlugin } from "../../../src/methods/early_stopping/early_stopping_plugin.ts";
import type { EarlyStoppingOptions } from "../../../src/methods/early_stopping/options.ts";
import { EWC } from "../../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { WeightAveragingPlugin } from "../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();
const evalStreams = [testStream];

/**
 * A metric "Score" that reads, evaluation after evaluation, what the script says; the first is the one before training.
 */
function createScriptedEvaluator(script: readonly number[]): EvaluationPlugin {
  const values = [...script];
  const metric: PluginMetric = {
    name: "Score",
    save: () => null,
    restore: () => {},
    afterEval: ({ experience }) => {
      const streamName = experience.originStream.name;
      const key = createMetricKey({ name: "Score", phase: "eval", streamName, taskLabel: experience.taskLabel });
      return [{ key, value: values.shift() ?? Number.NaN }];
    },
  };
  return new EvaluationPlugin({ metrics: [metric] });
}

function createPlugin(options: Partial<EarlyStoppingOptions> = {}): EarlyStoppingPlugin {
  return new EarlyStoppingPlugin({ patience: 2, valStreamName: "test", metricName: "Score", ...options });
}

/** One experience's training: how many epochs, the parameters after each, and those in the end. */
interface Training {
  readonly epochs: number;
  readonly history: readonly Float32Array[];
  readonly parameters: Float32Array;
}

/** Trains experiences in one call; evaluations read `script`. */
async function trainScripted(
  script: readonly number[],
  plugin: StrategyPlugin,
  { experiences = 1, ...options }: Partial<StrategyOptions> & { experiences?: number } = {},
): Promise<Training[]> {
  const trainings: Training[] = [];
  let history: Float32Array[] = [];
  const noting = createListener(["beforeTrainingExp", "afterTrainingEpoch"], (callback, { parameters }) => {
    if (callback === "beforeTrainingExp") history = [];
    else history.push(parameters.slice());
  });
  const ending = createListener(["afterTrainingExp"], (_callback, { parameters, clock }) => {
    trainings.push({ epochs: clock.trainExpEpochs, history, parameters: parameters.slice() });
  });
  const evaluator = createScriptedEvaluator(script);
  const plugins = [noting, plugin, ending];
  const strategy = new Naive(makeOptions({ trainEpochs: 10, evalEvery: 1, ...options, evaluator, plugins }));
  await withStrategy(strategy, () => strategy.train(trainStream.slice(0, experiences), { evalStreams }));
  return trainings;
}

describe("EarlyStoppingPlugin", () => {
  test("stops after `patience` evaluations without improvement, and leaves the best parameters", async () => {
    const [training] = await trainScripted([0, 0.5, 0.6, 0.6, 0.55, 0.9], createPlugin());
    expect(training?.epochs).toBe(4);
    expect(training?.parameters).toEqual(training?.history[1] ?? new Float32Array());
    const [patient] = await trainScripted([0, 0.5, 0.6, 0.6, 0.55, 0.9, 0, 0, 0], createPlugin({ patience: 3 }));
    expect(patient?.epochs).toBe(8);
    expect(patient?.parameters).toEqual(patient?.history[4] ?? new Float32Array());
  });

  test("leaves the best parameters, too, when the epochs run out first", async () => {
    for (const [script, best] of [
      [[0, 0.5, 0.7, 0.6], 1],
      [[0, 0.5, 0.6, 0.7], 2],
      [[0, 0.5, 0.4, 0.3], 0],
    ] as const) {
      const [training] = await trainScripted(script, createPlugin({ patience: 5 }), { trainEpochs: 3 });
      expect(training?.epochs).toBe(3);
      expect(training?.parameters).toEqual(training?.history[best] ?? new Float32Array());
    }
  });

  test("takes less for better, where it is told to", async () => {
    const [training] = await trainScripted([9, 5, 4, 6, 4], createPlugin({ mode: "min" }));
    expect(training?.epochs).toBe(4);
    expect(training?.parameters).toEqual(training?.history[1] ?? new Float32Array());
  });

  test("looks at one key alone where the whole key is given", async () => {
    const key = "Score/eval_phase/test_stream/Task000";
    const [training] = await trainScripted([0, 0.5, 0.6, 0.6, 0.55, 0.9], createPlugin({ metricName: key }));
    expect(training?.epochs).toBe(4);
    const other = createPlugin({ metricName: "Score/eval_phase/test_stream/Task00" });
    await expect(trainScripted([0, 0.5, 0.6], other)).rejects.toThrow(
      "needs a metric Score/eval_phase/test_stream/Task00 among",
    );
    expect(() => createPlugin({ metricName: "Score/eval_phase/valid_stream/Task000" })).toThrow(
      'needs a key of the stream "test"',
    );
  });

  test("counts an improvement only from the margin on", async () => {
    for (const [script, epochs, best] of [
      // Twice better than the best by less than the margin, though more in sum.
      [[0, 0.5, 0.5625, 0.59375, 0.9], 3, 0],
      [[0, 0.5, 0.625, 0.5, 0.5, 0.9], 4, 1],
    ] as const) {
      const [training] = await trainScripted(script, createPlugin({ margin: 0.125 }));
      expect(training?.epochs).toBe(epochs);
      expect(training?.parameters).toEqual(training?.history[best] ?? new Float32Array());
    }
  });

  test("does not count what was read before the experience: neither the first evaluation nor other experiences'", async () => {
    // The second experience is evaluated lower than the first, but rises.
    const script = [0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3, 0.2, 0.2];
    const [first, second] = await trainScripted(script, createPlugin(), { experiences: 2 });
    expect([first?.epochs, second?.epochs]).toEqual([3, 5]);
    expect(first?.parameters).toEqual(first?.history[0] ?? new Float32Array());
    expect(second?.parameters).toEqual(second?.history[2] ?? new Float32Array());
  });

  test("looks at every evaluation, where they are counted in iterations", async () => {
    const atIteration: Float32Array[] = [];
    const noting = createListener(["afterTrainingIteration"], (_, { parameters }) => {
      atIteration.push(parameters.slice());
    });
    const evaluator = createScriptedEvaluator([0, 0.1, 0.3, 0.2, 0.1, 0, 0]);
    const plugins = [createPlugin(), noting];
    const options = makeOptions({ evaluator, plugins, evalEvery: 1, evalMode: "iteration", trainMbSize: 4 });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(trainStream.at(0), { evalStreams });
      // The flag is set before the fifth iteration, which is made to its end.
      expect(strategy.clock.trainExpIterations).toBe(5);
      expect([...strategy.parameters]).toEqual([...(atIteration[1] ?? [])]);
    });
  });

  test("restores the optimizer's state with the parameters", async () => {
    const velocities: Float32Array[] = [];
    const noting = createListener(["afterTrainingEpoch"], (_, { cluster }) => {
      velocities.push(cluster.optimizerState[0]?.slice() ?? new Float32Array());
    });
    const options = makeOptions({
      optimizer: new SGD({ learningRate: 0.05, momentum: 0.9 }),
      evaluator: createScriptedEvaluator([0, 0.5, 0.6, 0.1, 0.1]),
      plugins: [createPlugin(), noting],
      evalEvery: 1,
      trainEpochs: 10,
    });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(trainStream.at(0), { evalStreams });
      expect(velocities).toHaveLength(4);
      expect([...(strategy.cluster.optimizerState[0] ?? [])]).toEqual([...(velocities[1] ?? [])]);
    });
  });

  test("restores the average that was evaluated with the parameters", async () => {
    const averages: Float32Array[] = [];
    const averaging = new WeightAveragingPlugin({ decay: 0.5 });
    const noting = createListener(["afterTrainingEpoch"], () => {
      averages.push(averaging.average?.slice() ?? new Float32Array());
    });
    const plugins = [createPlugin(), averaging, noting];
    const evaluator = createScriptedEvaluator([0, 0.5, 0.6, 0.6, 0.55]);
    const strategy = new Naive(makeOptions({ trainEpochs: 10, evalEvery: 1, evaluator, plugins }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0), { evalStreams }));
    expect(averages.length).toBe(4);
    expect(averaging.average).toEqual(averages[1] ?? new Float32Array());
  });

  test("ends before a strategy's own plugin, whose anchors are then the best parameters", async () => {
    const history: Float32Array[] = [];
    const noting = createListener(["afterTrainingEpoch"], (_, { parameters }) => void history.push(parameters.slice()));
    const options = makeOptions({
      evaluator: createScriptedEvaluator([0, 0.5, 0.6, 0.1, 0.1]),
      plugins: [noting, createPlugin()],
      evalEvery: 1,
      trainEpochs: 10,
    });
    let anchor: number[] = [];
    class WatchedEWC extends EWC {
      override addPenalty(penalty: Parameters<EWC["addPenalty"]>[0]): void {
        anchor = Array.from(penalty.a, (a, i) => (a > 0 ? (penalty.b[i] ?? 0) / a : Number.NaN));
        super.addPenalty(penalty);
      }
    }
    const strategy = new WatchedEWC({ ...options, lambda: 1 });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0), { evalStreams }));
    const held = anchor.map((_, i) => i).filter((i) => !Number.isNaN(anchor[i]));
    expect(held.length).toBeGreaterThan(10);
    for (const i of held) expect(anchor[i]).toBeCloseTo(history[1]?.[i] ?? Number.NaN, 4);
  });

  test("reads whichever key of the metric is new, where each experience has a validation task of its own", async () => {
    const tasks = makeBenchmark({ taskLabels: true });
    const evaluator = createScriptedEvaluator([0, 0.5, 0.4, 0.3, 0, 0.2, 0.1, 0.1, 0, 0.7, 0.6, 0.5]);
    const epochs: number[] = [];
    const options = makeOptions({ evaluator, plugins: [createPlugin()], evalEvery: 1, trainEpochs: 10 });
    await withStrategy(new Naive(options), async (strategy) => {
      for (const index of [0, 1, 0]) {
        await strategy.train(tasks.trainStream.at(index), { evalStreams: [tasks.testStream.at(index)] });
        epochs.push(strategy.clock.trainExpEpochs);
      }
    });
    expect(epochs).toEqual([3, 3, 3]);
  });

  test("stops by the accuracy on a stream, unless told otherwise", async () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
    const plugins = [new EarlyStoppingPlugin({ patience: 2, valStreamName: "test" })];
    const strategy = new Naive(makeOptions({ evaluator, plugins, evalEvery: 1, trainEpochs: 50 }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0), { evalStreams: [testStream.at(0)] }));
    expect(strategy.clock.trainExpEpochs).toBeLessThan(50);
    const { values = [] } = evaluator.getAllMetrics()["Top1_Acc_Stream/eval_phase/test_stream/Task000"] ?? {};
    expect(values.length).toBe(strategy.clock.trainExpEpochs + 1);
  });

  test("stops by what training measures, without evaluations, where its stream is the training stream", async () => {
    for (const metricName of [undefined, "Top1_Acc_Epoch/train_phase/train_stream/Task000"]) {
      const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ epoch: true }) });
      const history: Float32Array[] = [];
      const noting = createListener(["afterTrainingEpoch"], (_callback, { parameters }) => {
        history.push(parameters.slice());
      });
      const stopping = new EarlyStoppingPlugin({
        patience: 2,
        valStreamName: "train",
        ...(metricName ? { metricName } : {}),
      });
      const strategy = new Naive(makeOptions({ evaluator, plugins: [noting, stopping], trainEpochs: 50 }));
      await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
      const { values = [] } = evaluator.getAllMetrics()["Top1_Acc_Epoch/train_phase/train_stream/Task000"] ?? {};
      const best = values.indexOf(Math.max(...values.map(Number)));
      expect(best).toBeGreaterThan(0);
      expect(values.length).toBe(best + 3);
      expect([...strategy.parameters]).toEqual([...(history[best] ?? [])]);
    }
  });

  test("refuses a metric that training does not measure", async () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ epoch: true }) });
    const plugin = new EarlyStoppingPlugin({ patience: 1, valStreamName: "train", metricName: "Loss_Stream" });
    const strategy = new Naive(makeOptions({ evaluator, plugins: [plugin], trainEpochs: 2 }));
    const training = withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    await expect(training).rejects.toThrow(
      "EarlyStoppingPlugin needs a metric Loss_Epoch/train_phase/train_stream among those measured",
    );
  });

  test("refuses a metric that is not evaluated, and names those that are", async () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ experience: true, stream: true }) });
    for (const options of [{ valStreamName: "valid" }, { metricName: "Top1_Acc_Str" }, { metricName: "Loss_Stream" }]) {
      const plugin = new EarlyStoppingPlugin({ patience: 1, valStreamName: "test", ...options });
      const strategy = new Naive(makeOptions({ evaluator, plugins: [plugin], evalEvery: 1, trainEpochs: 2 }));
      const { metricName = "Top1_Acc_Stream", valStreamName = "test" } = { valStreamName: "test", ...options };
      await withStrategy(strategy, async () => {
        const failure = await strategy.train(trainStream, { evalStreams }).catch((reason: unknown) => String(reason));
        expect(failure).toContain(
          `EarlyStoppingPlugin needs a metric ${metricName}/eval_phase/${valStreamName}_stream among those evaluated`,
        );
        expect(failure).toContain("Top1_Acc_Stream/eval_phase/test_stream/Task000");
      });
      expect(strategy.clock.trainExpEpochs).toBe(1);
    }
  });

  test("refuses a strategy that does not evaluate while it trains", () => {
    for (const evalEvery of [-1, 0]) {
      expect(() => new Naive(makeOptions({ plugins: [createPlugin()], evalEvery }))).toThrow(
        `EarlyStoppingPlugin needs evalEvery of at least 1, got ${evalEvery}`,
      );
    }
  });

  test("EarlyStoppingPlugin() refuses options out of range", () => {
    expect(() => createPlugin({ patience: 0 })).toThrow("EarlyStoppingPlugin: patience must be at least 1, got 0");
    expect(() => createPlugin({ margin: -1 })).toThrow("EarlyStoppingPlugin: margin must be at least 0, got -1");
    const unknown = { patience: 1, valStreamName: "test", mode: "maximum" };
    expect(() => Reflect.construct(EarlyStoppingPlugin, [unknown])).toThrow(
      'EarlyStoppingPlugin: mode must be "max" or "min", got "maximum"',
    );
  });
});
