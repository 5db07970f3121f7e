import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../../src/evaluation/evaluation_plugin.ts";
import {
  taskAccuracyMetrics,
  taskLossMetrics,
  taskTopkAccMetrics,
} from "../../../../src/evaluation/metrics/by_task/task_metrics.ts";
import { FakeStrategy } from "../../fake_strategy.ts";
import { createFakeStream } from "../../fake_stream.ts";
import { predictSlowly, shareOf } from "../made_batches.ts";

const occasions = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };

/** Trains an experience and evaluates two, with two task labels in each minibatch. */
function run() {
  const evaluator = new EvaluationPlugin({
    metrics: [
      ...taskAccuracyMetrics(occasions),
      ...taskLossMetrics(occasions),
      ...taskTopkAccMetrics({ stream: true, topK: 2 }),
    ],
  });
  const strategy = new FakeStrategy(evaluator, { tasks: 2, seed: 3 });
  const labels = [
    [0, 1],
    [0, 1],
  ];
  strategy.train([createFakeStream("train", labels).at(0)], { epochs: 4, batches: [12, 9] });
  strategy.eval([...createFakeStream("test", labels)], { batches: [20, 11] });
  return { last: evaluator.getLastMetrics(), evaluated: strategy.seen.filter(({ phase }) => phase === "eval") };
}

describe("taskAccuracyMetrics(), taskLossMetrics() and taskTopkAccMetrics()", () => {
  test("report one value for each task label, in its key", () => {
    const keys = Object.keys(run().last).filter((key) => key.includes("Task001"));
    expect(keys.sort()).toEqual(
      [
        "Top1_TaskAcc_MB/train_phase/train_stream/Task001",
        "Top1_TaskAcc_Epoch/train_phase/train_stream/Task001",
        "Top1_RunningTaskAcc_Epoch/train_phase/train_stream/Task001",
        "Top1_TaskAcc_Exp/eval_phase/test_stream/Task001/Exp000",
        "Top1_TaskAcc_Exp/eval_phase/test_stream/Task001/Exp001",
        "Top1_TaskAcc_Stream/eval_phase/test_stream/Task001",
        "TaskLoss_MB/train_phase/train_stream/Task001",
        "TaskLoss_Epoch/train_phase/train_stream/Task001",
        "RunningTaskLoss_Epoch/train_phase/train_stream/Task001",
        "TaskLoss_Exp/eval_phase/test_stream/Task001/Exp000",
        "TaskLoss_Exp/eval_phase/test_stream/Task001/Exp001",
        "TaskLoss_Stream/eval_phase/test_stream/Task001",
        "Topk_2_TaskAcc_Stream/eval_phase/test_stream/Task001",
      ].sort(),
    );
  });

  test("measure the samples of each label", () => {
    const { last, evaluated } = run();
    for (const task of [0, 1]) {
      const own = evaluated.flatMap(({ logits, y, tasks, loss }) =>
        logits
          .map((row, i) => ({ row, label: y[i] ?? 0, task: tasks[i], loss }))
          .filter((sample) => sample.task === task),
      );
      const accuracy = shareOf(own, ({ row, label }) => predictSlowly(row) === label);
      const loss = own.reduce((sum, sample) => sum + sample.loss, 0) / own.length;
      expect(last[`Top1_TaskAcc_Stream/eval_phase/test_stream/Task00${task}`]).toBe(accuracy);
      expect(Number(last[`TaskLoss_Stream/eval_phase/test_stream/Task00${task}`])).toBeCloseTo(loss, 12);
    }
  });

  test("refuse unknown options", () => {
    expect(() => taskAccuracyMetrics({ ...occasions, topK: 3 } as never)).toThrow('unknown option "topK"');
    expect(() => taskTopkAccMetrics({ topK: 0 })).toThrow("topK");
  });
});
