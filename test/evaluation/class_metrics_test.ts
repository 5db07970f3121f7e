import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { amcaMetrics } from "../../src/evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
import { classAccuracyMetrics } from "../../src/evaluation/metrics/accuracy/class_accuracy.ts";
import { topkAccMetrics } from "../../src/evaluation/metrics/accuracy/top_k_accuracy.ts";
import { confusionMatrixMetrics } from "../../src/evaluation/metrics/outputs/confusion_matrix.ts";
import { labelsRepartitionMetrics } from "../../src/evaluation/metrics/outputs/labels_repartition.ts";
import { meanScoresMetrics } from "../../src/evaluation/metrics/outputs/mean_scores.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import { FakeStrategy, type SeenMinibatch } from "./fake_strategy.ts";
import { createFakeStream, createPlainStream } from "./fake_stream.ts";

const occasions = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };
const classes = [[0], [2, 1]];
const plain = [[0], [0]];

/** Trains two experiences with an evaluation after each. */
function run(metrics: readonly PluginMetric[], { tasks = 1 }: { tasks?: number } = {}) {
  const evaluator = new EvaluationPlugin({ metrics });
  const strategy = new FakeStrategy(evaluator, { tasks, seed: 4 });
  for (const experience of createFakeStream("train", plain, classes)) {
    strategy.train([experience], { epochs: 2 });
    strategy.eval([...createFakeStream("test", plain, classes)], { batches: [20, 11] });
  }
  const { seen } = strategy;
  return {
    last: evaluator.getLastMetrics(),
    all: evaluator.getAllMetrics(),
    lastEval: seen.filter(({ phase, round }) => phase === "eval" && round === 1),
    lastEpoch: seen.filter(({ phase, round }) => phase === "train" && round === 3),
  };
}

function listSamples(minibatches: readonly SeenMinibatch[]) {
  return minibatches.flatMap(({ logits, y, tasks }) =>
    logits.map((row, i) => ({
      row,
      label: y[i] ?? 0,
      task: tasks[i] ?? 0,
      predicted: row.indexOf(Math.max(...row)),
    })),
  );
}

const namesOf = (metrics: Record<string, unknown>) => [...new Set(Object.keys(metrics))].sort();

describe("topkAccMetrics()", () => {
  test("spells its keys as Avalanche does, but for the running one", () => {
    const { last } = run(topkAccMetrics({ ...occasions, trainedExperience: true, topK: 2 }));
    expect(namesOf(last)).toEqual([
      "Topk_2_Acc_Epoch/train_phase/train_stream/Task000",
      "Topk_2_Acc_Exp/eval_phase/test_stream/Task000/Exp000",
      "Topk_2_Acc_Exp/eval_phase/test_stream/Task000/Exp001",
      "Topk_2_Acc_MB/train_phase/train_stream/Task000",
      "Topk_2_Acc_On_Trained_Experiences/eval_phase/test_stream/Task000",
      "Topk_2_Acc_Stream/eval_phase/test_stream/Task000",
      "Topk_2_RunningAcc_Epoch/train_phase/train_stream/Task000",
    ]);
  });

  test("counts 3 of the largest, when nothing else is asked for", () => {
    expect(run(topkAccMetrics({ stream: true })).last).toEqual({
      "Topk_3_Acc_Stream/eval_phase/test_stream/Task000": 1,
    });
  });
});

describe("classAccuracyMetrics()", () => {
  test("has one value for each task and class, the class at the end of the key", () => {
    const { last, lastEval } = run(classAccuracyMetrics({ stream: true, experience: true }), { tasks: 2 });
    for (const task of [0, 1]) {
      for (const label of [0, 1, 2]) {
        const own = listSamples(lastEval).filter((sample) => sample.task === task && sample.label === label);
        const accuracy = own.filter(({ predicted }) => predicted === label).length / own.length;
        expect(last[`Top1_ClassAcc_Stream/eval_phase/test_stream/Task00${task}/${label}`]).toBe(accuracy);
      }
    }
    expect(last["Top1_ClassAcc_Exp/eval_phase/test_stream/Task001/Exp001/2"]).toBeGreaterThan(0);
  });

  test("spells the keys of training as Avalanche does", () => {
    const { last } = run(classAccuracyMetrics({ ...occasions, classes: { 0: [1] } }));
    expect(namesOf(last)).toEqual([
      "Top1_ClassAcc_Epoch/train_phase/train_stream/Task000/1",
      "Top1_ClassAcc_Exp/eval_phase/test_stream/Task000/Exp000/1",
      "Top1_ClassAcc_Exp/eval_phase/test_stream/Task000/Exp001/1",
      "Top1_ClassAcc_MB/train_phase/train_stream/Task000/1",
      "Top1_ClassAcc_Stream/eval_phase/test_stream/Task000/1",
      "Top1_RunningClassAcc_Epoch/train_phase/train_stream/Task000/1",
    ]);
  });
});

describe("confusionMatrixMetrics()", () => {
  test("counts the samples of one evaluation, true classes in rows", () => {
    const { last, lastEval } = run(confusionMatrixMetrics());
    const samples = listSamples(lastEval);
    const expected = [0, 1, 2].map((label) =>
      [0, 1, 2].map(
        (predicted) => samples.filter((sample) => sample.label === label && sample.predicted === predicted).length,
      ),
    );
    expect(last).toEqual({ "ConfusionMatrix_Stream/eval_phase/test_stream": expected });
  });
});

describe("amcaMetrics()", () => {
  test("averages the mean class accuracy of evaluations after training, and of its streams alone", () => {
    const evaluator = new EvaluationPlugin({ metrics: amcaMetrics() });
    const strategy = new FakeStrategy(evaluator, { seed: 2 });
    const tested = [createPlainStream("test", 1).at(0)];
    const means: number[] = [];
    for (const experience of createPlainStream("train", 3)) {
      strategy.train([experience], { evalEveryEpoch: tested });
      const before = strategy.seen.length;
      strategy.eval(tested, { batches: [9] });
      const samples = listSamples(strategy.seen.slice(before));
      const labels = [...new Set(samples.map(({ label }) => label))];
      const accuracies = labels.map((label) => {
        const own = samples.filter((sample) => sample.label === label);
        return own.filter(({ predicted }) => predicted === label).length / own.length;
      });
      means.push(accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length);
      strategy.eval([createPlainStream("valid", 1).at(0)]);
    }
    const { values = [] } = evaluator.getAllMetrics()["Top1_AMCA_Stream/test_stream/Task000"] ?? {};
    expect(values.length).toBe(3);
    values.forEach((value, i) => {
      const soFar = means.slice(0, i + 1);
      expect(value).toBeCloseTo(soFar.reduce((sum, mean) => sum + mean, 0) / soFar.length, 12);
    });
    expect(Object.keys(evaluator.getLastMetrics())).toEqual(["Top1_AMCA_Stream/test_stream/Task000"]);
  });
});

describe("meanScoresMetrics()", () => {
  test("averages the true class's logit over the last epoch and over each evaluation", () => {
    const { last, lastEval, lastEpoch } = run(meanScoresMetrics());
    for (const [phase, minibatches] of [
      ["eval_phase/test", lastEval],
      ["train_phase/train", lastEpoch],
    ] as const) {
      const mean = (isNew: boolean) => {
        const own = listSamples(minibatches).filter(({ label }) => (label !== 0) === isNew);
        return own.reduce((sum, { row, label }) => sum + (row[label] ?? 0), 0) / own.length;
      };
      const [ofNew, ofOld] = [mean(true), mean(false)];
      expect(last[`MeanScores/${phase}_stream/new_classes`]).toBeCloseTo(ofNew, 12);
      if (Number.isNaN(ofOld)) continue;
      expect(last[`MeanScores/${phase}_stream/old_classes`]).toBeCloseTo(ofOld, 12);
      expect(last[`MeanScores/${phase}_stream/new_old_diff`]).toBeCloseTo(ofNew - ofOld, 12);
    }
  });

  test("reports once an experience in training, also when it is stopped before its last epoch", () => {
    const { all } = run(meanScoresMetrics({ onEval: false }));
    // Two epochs of two minibatches an experience: reported in the last iteration of each experience.
    expect([...new Set(Object.values(all).flatMap(({ steps }) => steps))].sort()).toEqual([4, 8]);
    const evaluator = new EvaluationPlugin({ metrics: meanScoresMetrics({ onEval: false }) });
    const strategy = new FakeStrategy(evaluator);
    Object.defineProperty(strategy, "trainEpochs", { get: () => 5, set: () => undefined });
    strategy.train([createFakeStream("train", plain, [[0, 1, 2]]).at(0)], { epochs: 2 });
    expect(Object.keys(evaluator.getAllMetrics())).toEqual(["MeanScores/train_phase/train_stream/new_classes"]);
  });
});

describe("labelsRepartitionMetrics()", () => {
  test("counts labels by task, and spells the task as Avalanche does", () => {
    const { last, lastEpoch, lastEval } = run(labelsRepartitionMetrics({ onEval: true }), { tasks: 2 });
    const countOf = (minibatches: readonly SeenMinibatch[], task: number) => {
      const labels = listSamples(minibatches).filter((sample) => sample.task === task);
      return [0, 1, 2].flatMap((label) => {
        const { length } = labels.filter((sample) => sample.label === label);
        return length > 0 ? [[label, length]] : [];
      });
    };
    for (const task of [0, 1]) {
      const key = `Repartition/eval_phase/test_stream/Task_00${task}`;
      expect(last[key]).toEqual({ kind: "counts", counts: countOf(lastEval, task) as [number, number][] });
      const counts = countOf(lastEpoch, task) as [number, number][];
      const trained = last[`Repartition/train_phase/train_stream/Task_00${task}`];
      if (counts.length > 0) expect(trained).toEqual({ kind: "counts", counts });
    }
  });

  test("counts the first epoch alone, when it reports by experience", () => {
    const count = (emitTrainAt: "epoch" | "experience") => {
      const value = run(labelsRepartitionMetrics({ emitTrainAt })).last[
        "Repartition/train_phase/train_stream/Task_000"
      ];
      return typeof value === "object" && "counts" in value ? value.counts.reduce((sum, [, n]) => sum + n, 0) : 0;
    };
    // Two minibatches, of 2 samples and of 1.
    expect([count("epoch"), count("experience")]).toEqual([3, 3]);
  });
});
