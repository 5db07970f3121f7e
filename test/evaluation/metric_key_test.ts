import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { createMetricKey, createStreamKey, findSharedTaskLabel } from "../../src/evaluation/metric_key.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { accuracyMatrixMetrics } from "../../src/evaluation/metrics/accuracy/accuracy_matrix.ts";
import { lossMetrics } from "../../src/evaluation/metrics/loss/loss.ts";
import { bwtMetrics, forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createFakeStream } from "./fake_stream.ts";

/** Keys reported in a run over two experiences, each trained once and followed by an evaluation of both. */
function collectKeys(metrics: PluginMetric[], taskLabels: readonly (readonly number[])[]): string[] {
  const evaluator = new EvaluationPlugin({ metrics });
  const strategy = new FakeStrategy(evaluator);
  const test = createFakeStream("test", taskLabels);
  for (const experience of createFakeStream("train", taskLabels)) {
    strategy.train([experience]);
    strategy.eval([...test]);
  }
  return Object.keys(evaluator.getAllMetrics()).sort();
}

const plain = [[0], [0]];
const taskIncremental = [[0], [1]];

describe("keys of metrics", () => {
  const everything = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };

  test("accuracyMetrics() spells them as Avalanche does", () => {
    expect(collectKeys(accuracyMetrics({ ...everything, trainedExperience: true }), plain)).toEqual([
      "Accuracy_On_Trained_Experiences/eval_phase/test_stream/Task000",
      "Top1_Acc_Epoch/train_phase/train_stream/Task000",
      "Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp000",
      "Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp001",
      "Top1_Acc_MB/train_phase/train_stream/Task000",
      "Top1_Acc_Stream/eval_phase/test_stream/Task000",
      "Top1_RunningAcc_Epoch/train_phase/train_stream/Task000",
    ]);
  });

  test("lossMetrics() spells them as Avalanche does", () => {
    expect(collectKeys(lossMetrics(everything), plain)).toEqual([
      "Loss_Epoch/train_phase/train_stream/Task000",
      "Loss_Exp/eval_phase/test_stream/Task000/Exp000",
      "Loss_Exp/eval_phase/test_stream/Task000/Exp001",
      "Loss_MB/train_phase/train_stream/Task000",
      "Loss_Stream/eval_phase/test_stream/Task000",
      "RunningLoss_Epoch/train_phase/train_stream/Task000",
    ]);
  });

  test("forgettingMetrics(), bwtMetrics() and accuracyMatrixMetrics() spell them as Avalanche does", () => {
    const both = { experience: true, stream: true };
    expect(collectKeys([...forgettingMetrics(both), ...bwtMetrics(both), ...accuracyMatrixMetrics()], plain)).toEqual([
      "EvalStream/Acc_Matrix",
      "ExperienceBWT/eval_phase/test_stream/Task000/Exp000",
      "ExperienceForgetting/eval_phase/test_stream/Task000/Exp000",
      "StreamBWT/eval_phase/test_stream",
      "StreamForgetting/eval_phase/test_stream",
    ]);
  });

  test("stream metrics name no task, when the evaluated experiences have several", () => {
    const metrics = accuracyMetrics({ epoch: true, experience: true, stream: true, trainedExperience: true });
    expect(collectKeys(metrics, taskIncremental)).toEqual([
      "Accuracy_On_Trained_Experiences/eval_phase/test_stream",
      "Top1_Acc_Epoch/train_phase/train_stream/Task000",
      "Top1_Acc_Epoch/train_phase/train_stream/Task001",
      "Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp000",
      "Top1_Acc_Exp/eval_phase/test_stream/Task001/Exp001",
      "Top1_Acc_Stream/eval_phase/test_stream",
    ]);
  });

  test("stream metrics name the task evaluated last, when lastTaskLabel is set", () => {
    const options = { stream: true, lastTaskLabel: true };
    const metrics = [...accuracyMetrics({ ...options, trainedExperience: true }), ...lossMetrics(options)];
    expect(collectKeys(metrics, taskIncremental)).toEqual([
      "Accuracy_On_Trained_Experiences/eval_phase/test_stream/Task001",
      "Loss_Stream/eval_phase/test_stream/Task001",
      "Top1_Acc_Stream/eval_phase/test_stream/Task001",
    ]);
  });

  test("metrics name no task, when the experience has several or none", () => {
    const keys = ["Loss_Epoch/train_phase/train_stream", "Loss_Exp/eval_phase/test_stream/Exp000"];
    for (const labels of [[0, 1], []]) {
      expect(collectKeys(lossMetrics({ epoch: true, experience: true }), [labels])).toEqual(keys);
    }
  });
});

describe("createStreamKey()", () => {
  test("names the task in training, when the last evaluation was of several", () => {
    const strategy = new FakeStrategy({});
    strategy.eval([...createFakeStream("test", taskIncremental)]);
    strategy.train([...createFakeStream("train", [[5]])]);
    expect(createStreamKey("M", strategy, { lastTaskLabel: false })).toBe("M/train_phase/train_stream/Task005");
  });
});

describe("createMetricKey()", () => {
  test("pads numbers to three digits and lets longer ones be", () => {
    const key = createMetricKey({ name: "M", phase: "eval", streamName: "valid", taskLabel: 42, experience: 1234 });
    expect(key).toBe("M/eval_phase/valid_stream/Task042/Exp1234");
  });
});

describe("findSharedTaskLabel()", () => {
  test("finds nothing, when there is no experience", () => {
    expect(findSharedTaskLabel([])).toBeUndefined();
  });

  test("finds the label, when all share it", () => {
    expect(findSharedTaskLabel([...createFakeStream("test", [[3], [3]])])).toBe(3);
  });
});
