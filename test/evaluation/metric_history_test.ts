import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";

describe("MetricHistory of an EvaluationPlugin", () => {
  test("getEvalMetrics() has nothing that the last evaluation did not measure", () => {
    const evaluator = new EvaluationPlugin({ metrics: forgettingMetrics({ experience: true, stream: true }) });
    const strategy = new FakeStrategy(evaluator);
    const [a, b] = createPlainStream("train", 2);
    const tested = [...createPlainStream("test", 2)];
    if (!a || !b) throw new Error("two experiences were made");
    const stream = "StreamForgetting/eval_phase/test_stream";
    const forgotten = (k: number) => `ExperienceForgetting/eval_phase/test_stream/Task000/Exp00${k}`;
    const measured = [a, b, a].map((experience) => {
      strategy.train([experience]);
      expect(evaluator.getTrainMetrics()).toEqual({});
      strategy.eval(tested);
      return Object.keys(evaluator.getEvalMetrics()).sort();
    });
    expect(measured).toEqual([[stream], [forgotten(0), stream], [forgotten(1), stream]]);
    expect(Object.keys(evaluator.getLastMetrics()).sort()).toEqual([forgotten(0), forgotten(1), stream]);
    strategy.eval([tested[1] ?? b]);
    expect(Object.keys(evaluator.getEvalMetrics()).sort()).toEqual([forgotten(1), stream]);
  });

  test("getTrainMetrics() has what one call of train measured, evaluations in it and a restart included", () => {
    const metrics = () => accuracyMetrics({ epoch: true, experience: true });
    const evaluator = new EvaluationPlugin({ metrics: metrics() });
    const strategy = new FakeStrategy(evaluator);
    const [first, second] = createPlainStream("train", 2);
    const [valid, ...tested] = [createPlainStream("valid", 1).at(0), ...createPlainStream("test", 2)];
    if (!first || !second) throw new Error("two experiences were made");
    strategy.train([first], { evalEveryEpoch: tested });
    strategy.eval(tested);
    strategy.train([second], { evalEveryEpoch: [valid] });
    const trained = evaluator.getTrainMetrics();
    expect(Object.keys(trained).sort()).toEqual([
      "Top1_Acc_Epoch/train_phase/train_stream/Task000",
      "Top1_Acc_Exp/eval_phase/valid_stream/Task000/Exp000",
    ]);
    const resumed = new EvaluationPlugin({ metrics: metrics() });
    resumed.restore(JSON.parse(JSON.stringify(evaluator.save())));
    expect(resumed.getTrainMetrics()).toEqual(trained);
    expect(resumed.getEvalMetrics()).toEqual({});
    expect(resumed.getLastMetrics()).toEqual(evaluator.getLastMetrics());
  });
});
