import { describe, expect, test } from "bun:test";
import { defaultEvaluator } from "../../src/evaluation/default_evaluator.ts";
import {
  type EvaluationCallbacks,
  type EvaluationEvent,
  evaluationEvents,
} from "../../src/evaluation/evaluation_event.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { JSONLinesLogger } from "../../src/evaluation/loggers/json_lines_logger.ts";
import type { Logger } from "../../src/evaluation/loggers/logger.ts";
import type { MetricValue } from "../../src/evaluation/metric_value.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { accuracyMatrixMetrics } from "../../src/evaluation/metrics/accuracy/accuracy_matrix.ts";
import { amcaMetrics } from "../../src/evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
import { classAccuracyMetrics } from "../../src/evaluation/metrics/accuracy/class_accuracy.ts";
import {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "../../src/evaluation/metrics/accuracy/cumulative_accuracy.ts";
import { topkAccMetrics } from "../../src/evaluation/metrics/accuracy/top_k_accuracy.ts";
import { lossMetrics } from "../../src/evaluation/metrics/loss/loss.ts";
import { confusionMatrixMetrics } from "../../src/evaluation/metrics/outputs/confusion_matrix.ts";
import { labelsRepartitionMetrics } from "../../src/evaluation/metrics/outputs/labels_repartition.ts";
import { meanScoresMetrics } from "../../src/evaluation/metrics/outputs/mean_scores.ts";
import { timingMetrics } from "../../src/evaluation/metrics/resources/timing_metrics.ts";
import { bwtMetrics, forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { forwardTransferMetrics } from "../../src/evaluation/metrics/transfer/forward_transfer.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createFakeStream, createPlainStream } from "./fake_stream.ts";

/** A metric that reports its own calls, and a logger that notes everything it hears. */
function createListeners(): { metric: PluginMetric; logger: Logger; heard: string[] } {
  const heard: string[] = [];
  const metric: { [event in EvaluationEvent]?: () => undefined } = {};
  const logger: { [event in EvaluationEvent]?: () => void } = {};
  for (const event of evaluationEvents) {
    metric[event] = () => {
      heard.push(`metric ${event}`);
      return undefined;
    };
    logger[event] = () => heard.push(`logger ${event}`);
  }
  return {
    metric: { name: "Listener", save: () => null, restore: () => undefined, ...metric },
    logger: { logMetrics: () => heard.push("logMetrics"), ...logger },
    heard,
  };
}

function createEverything(): PluginMetric[] {
  const occasions = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };
  const both = { experience: true, stream: true };
  return [
    ...accuracyMetrics({ ...occasions, trainedExperience: true }),
    ...lossMetrics(occasions),
    ...forgettingMetrics(both),
    ...bwtMetrics(both),
    ...accuracyMatrixMetrics(),
    ...topkAccMetrics({ ...occasions, trainedExperience: true, topK: 2 }),
    ...classAccuracyMetrics(occasions),
    ...forgettingMetrics({ ...both, since: "running-maximum" }),
    ...forwardTransferMetrics(both),
    ...confusionMatrixMetrics({ normalize: "true" }),
    ...cumulativeAccuracyMetrics(),
    ...cumulativeForgettingMetrics(),
    ...amcaMetrics(),
    ...meanScoresMetrics(),
    ...labelsRepartitionMetrics({ onEval: true }),
    ...timingMetrics(occasions),
  ];
}

const classesOfExperiences = [[0], [2], [1]];
const plainTasks = [[0], [0], [0]];

/** What was saved or reported, without the times that it holds. */
function keepLearner(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !/Time_(MB|Epoch|Exp|Stream)/.test(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, keepLearner(inner)]));
}

/** Without pictures and counts, which a saved evaluator does not hold. */
function keepNumbers(last: unknown): unknown {
  return Object.fromEntries(
    Object.entries(last ?? {}).filter(([, value]) => typeof value === "number" || Array.isArray(value)),
  );
}

describe("EvaluationPlugin", () => {
  test("passes every event on, metrics before loggers, with an evaluation in the middle of training", () => {
    const { metric, logger, heard } = createListeners();
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [metric], loggers: [logger] }));
    strategy.train([createPlainStream("train", 1).at(0)], {
      batches: [1],
      evalEveryEpoch: [createPlainStream("test", 1).at(0)],
    });
    const order: EvaluationEvent[] = [
      "beforeTraining",
      "beforeTrainingExp",
      "beforeTrainingEpoch",
      "beforeTrainingIteration",
      "afterTrainingIteration",
      "afterTrainingEpoch",
      "beforeEval",
      "beforeEvalExp",
      "beforeEvalIteration",
      "afterEvalIteration",
      "beforeEvalIteration",
      "afterEvalIteration",
      "afterEvalExp",
      "afterEval",
      "afterTrainingExp",
      "afterTraining",
    ];
    expect(heard).toEqual(order.flatMap((event) => [`metric ${event}`, `logger ${event}`]));
  });

  test("has no method between the forward pass and the update, so that the trainer may fuse them", () => {
    const plugin: object = new EvaluationPlugin({ metrics: createEverything() });
    for (const event of [
      "beforeForward",
      "afterForward",
      "beforeBackward",
      "afterBackward",
      "beforeUpdate",
      "afterUpdate",
    ]) {
      expect(event in plugin).toBe(false);
    }
    for (const event of evaluationEvents) expect(event in plugin).toBe(true);
  });

  test("stamps the step and the experience trained last, and logs values before the event", () => {
    const logged: MetricValue[] = [];
    const atEvent: (readonly MetricValue[])[] = [];
    const logger: Logger = {
      logMetrics: (values) => logged.push(...values),
      afterEvalExp: (_strategy, values) => {
        expect(logged.slice(-values.length)).toEqual([...values]);
        atEvent.push(values);
      },
    };
    const metrics = [...accuracyMetrics({ experience: true }), ...lossMetrics({ experience: true })];
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [logger] }));
    const testExperiences = [createPlainStream("test", 1).at(0)];
    strategy.eval(testExperiences);
    strategy.train([createPlainStream("train", 2).at(1)], { batches: [1, 1], evalEveryEpoch: testExperiences });
    strategy.eval(testExperiences);
    expect(logged.map(({ step, experience }) => [step, experience])).toEqual([
      [0, null],
      [0, null],
      [2, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(atEvent.map((values) => values.length)).toEqual([2, 2, 2]);
  });

  test("getLastMetrics() and getAllMetrics() give the newest and every value by key", () => {
    const evaluator = new EvaluationPlugin({ metrics: lossMetrics({ minibatch: true }) });
    const strategy = new FakeStrategy(evaluator);
    expect(evaluator.getLastMetrics()).toEqual({});
    strategy.train([...createPlainStream("train", 2)], { batches: [1, 1] });
    const key = "Loss_MB/train_phase/train_stream/Task000";
    const losses = strategy.seen.map(({ loss }) => loss);
    expect(evaluator.getAllMetrics()).toEqual({ [key]: { steps: [0, 1, 2, 3], values: losses, count: 4 } });
    expect(evaluator.getLastMetrics()).toEqual({ [key]: losses.at(-1) ?? Number.NaN });
  });

  test("getLastMetrics() is a snapshot, when training goes on", () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMatrixMetrics() });
    const strategy = new FakeStrategy(evaluator);
    const testExperiences = [createPlainStream("test", 1).at(0)];
    strategy.train([createPlainStream("train", 2).at(0)]);
    strategy.eval(testExperiences);
    const before = evaluator.getLastMetrics();
    const copy = structuredClone(before);
    strategy.train([createPlainStream("train", 2).at(1)]);
    strategy.eval(testExperiences);
    expect(before).toEqual(copy);
  });

  test("constructor throws RangeError, when two metrics have one name", () => {
    const metrics = [...accuracyMetrics({ epoch: true }), ...accuracyMetrics({ epoch: true, stream: true })];
    expect(() => new EvaluationPlugin({ metrics })).toThrow(
      'EvaluationPlugin needs metrics named once each, got "Top1_Acc_Epoch"',
    );
  });

  test("restore() goes on from save() to the very same lines, from between and from within epochs", () => {
    let saved: unknown;
    const run = (cutAt: { event: EvaluationEvent; occurrence: number } | null) => {
      const lines: string[] = [];
      const create = () =>
        new EvaluationPlugin({
          metrics: createEverything(),
          loggers: [new JSONLinesLogger({ write: (text) => lines.push(text) })],
        });
      let current = create();
      let occurrence = 0;
      const proxy: { [event in EvaluationEvent]?: NonNullable<EvaluationCallbacks[event]> } = {};
      for (const event of evaluationEvents) {
        proxy[event] = (strategy) => {
          current[event](strategy);
          if (cutAt?.event !== event || occurrence++ !== cutAt.occurrence) return;
          const state: unknown = JSON.parse(JSON.stringify(current.save()));
          current = create();
          current.restore(state);
        };
      }
      const strategy = new FakeStrategy(proxy);
      const testExperiences = [...createFakeStream("test", plainTasks, classesOfExperiences)];
      strategy.eval(testExperiences);
      for (const experience of createFakeStream("train", plainTasks, classesOfExperiences)) {
        strategy.train([experience], { epochs: 2, batches: [3, 2, 3] });
        strategy.eval(testExperiences);
      }
      saved = current.save();
      return { lines, last: keepLearner(current.getLastMetrics()), state: keepLearner(saved) };
    };
    const whole = run(null);
    expect(whole.lines.length).toBeGreaterThan(30);
    expect(whole.lines.filter((line) => line.includes("Time_"))).toEqual([]);
    const resumed = new EvaluationPlugin({ metrics: createEverything() });
    resumed.restore(JSON.parse(JSON.stringify(saved)));
    expect(keepLearner(resumed.getLastMetrics())).toEqual(keepNumbers(whole.last));
    expect(run({ event: "afterTrainingIteration", occurrence: 7 })).toEqual(whole);
    expect(run({ event: "afterTrainingExp", occurrence: 1 })).toEqual(whole);
    expect(run({ event: "afterEvalIteration", occurrence: 8 })).toEqual(whole);
    expect(run({ event: "afterEval", occurrence: 1 })).toEqual(whole);
    expect(run({ event: "beforeTrainingExp", occurrence: 2 })).toEqual(whole);
  });

  test("restore() throws, when the state is of other metrics or of something else", () => {
    const saved = new EvaluationPlugin({ metrics: lossMetrics({ epoch: true }) }).save();
    const other = new EvaluationPlugin({ metrics: lossMetrics({ stream: true }) });
    expect(() => other.restore(saved)).toThrow(
      'the saved state of an evaluator needs the metrics Loss_Stream, got ["Loss_Epoch"]',
    );
    expect(() => other.restore(null)).toThrow(TypeError);
    const bad = { trainedExperience: null, metrics: { Loss_Stream: { sum: "x", weight: 1 } }, last: {} };
    expect(() => other.restore(bad)).toThrow("needs a number");
  });

  test("leaves out a logger that throws, says so once, and goes on", () => {
    class BrokenLogger implements Logger {
      calls = 0;
      logMetrics(): void {
        this.calls += 1;
        throw new Error("disk full");
      }
    }
    const broken = new BrokenLogger();
    const kept: string[] = [];
    const failures: string[] = [];
    const evaluator = new EvaluationPlugin({
      metrics: lossMetrics({ minibatch: true }),
      loggers: [broken, { logMetrics: () => kept.push("logged") }],
      onFailure: (message) => failures.push(message),
    });
    new FakeStrategy(evaluator).train([createPlainStream("train", 1).at(0)], { batches: [1, 1, 1] });
    expect(failures).toEqual(["BrokenLogger failed and logs no more: Error: disk full"]);
    expect(broken.calls).toBe(1);
    expect(kept.length).toBe(3);
  });

  test("throws on, when a metric throws", () => {
    const metric: PluginMetric = {
      name: "Broken",
      save: () => null,
      restore: () => undefined,
      beforeTraining: () => {
        throw new Error("a defect");
      },
    };
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [metric] }));
    expect(() => strategy.train([])).toThrow("a defect");
  });
});

describe("defaultEvaluator()", () => {
  test("has measures of every kind of targets at epoch, experience and stream", () => {
    const state = defaultEvaluator().save();
    const { metrics } = state as { metrics: Record<string, unknown> };
    const names = ["Top1_Acc", "Loss", "Top1_RMSE", "Top1_R2", "MacroF1", "ExactMatch"];
    expect(Object.keys(metrics)).toEqual(
      names.flatMap((name) => ["Epoch", "Exp", "Stream"].map((span) => `${name}_${span}`)),
    );
  });
});
