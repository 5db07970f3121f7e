import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeOptions } from "./made_strategy.ts";

const [EXPERIENCES, SAMPLES, CLASSES] = [40, 3, 4];

function makeSmallExperiences() {
  const whole = makeTask({ samples: EXPERIENCES * SAMPLES, classes: CLASSES });
  const data = Array.from({ length: EXPERIENCES }, (_, i) => {
    return whole.subset(Array.from({ length: SAMPLES }, (__, k) => i * SAMPLES + k));
  });
  return createDatasetBenchmark({ name: "small", train: data, test: data, numClasses: CLASSES });
}

function createStrategy() {
  const occasions = { experience: true, stream: true };
  const evaluator = new EvaluationPlugin({ metrics: [...accuracyMetrics(occasions), ...lossMetrics(occasions)] });
  return new Naive(makeOptions({ evaluator }));
}

/** What a row of logits says of its class: whether it is the largest, and −ln of its softmax. */
function judgeRow(logits: Float32Array, label: number): { isRight: boolean; loss: number } {
  const values = [...logits];
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return { isRight: values.indexOf(Math.max(...values)) === label, loss: Math.log(sum) - (values[label] ?? 0) };
}

describe("eval() of small experiences", () => {
  test("gives each its accuracy and loss, and the stream the mean over samples", async () => {
    const { trainStream, testStream } = makeSmallExperiences();
    await using strategy = createStrategy();
    await strategy.train(trainStream.slice(0, 5));
    const metrics = await strategy.eval(testStream);
    const judged: { isRight: boolean; loss: number }[] = [];
    for (const { dataset, currentExperience } of testStream) {
      const { data } = await strategy.forwardWith(strategy.parameters, dataset);
      const rows = [...dataset.targets].map((label, i) =>
        judgeRow(data.subarray(i * CLASSES, (i + 1) * CLASSES), label),
      );
      judged.push(...rows);
      const place = `eval_phase/test_stream/Task000/Exp${String(currentExperience).padStart(3, "0")}`;
      expect(metrics[`Top1_Acc_Exp/${place}`]).toBe(rows.filter(({ isRight }) => isRight).length / SAMPLES);
      expect(metrics[`Loss_Exp/${place}`]).toBeCloseTo(rows.reduce((sum, { loss }) => sum + loss, 0) / SAMPLES, 5);
    }
    const right = judged.filter(({ isRight }) => isRight).length;
    expect(metrics["Top1_Acc_Stream/eval_phase/test_stream/Task000"]).toBe(right / judged.length);
    expect(metrics["Loss_Stream/eval_phase/test_stream/Task000"]).toBeCloseTo(
      judged.reduce((sum, { loss }) => sum + loss, 0) / judged.length,
      5,
    );
  });

  test("does not make the model's JSON for each of them", async () => {
    const { trainStream, testStream } = makeSmallExperiences();
    await using strategy = createStrategy();
    const { model } = strategy;
    let calls = 0;
    const toJSON = model.toJSON.bind(model);
    Object.assign(model, {
      toJSON: (...parameters: Parameters<typeof toJSON>) => {
        calls += 1;
        return toJSON(...parameters);
      },
    });
    await strategy.train(trainStream.slice(0, 1));
    expect(calls).toBeGreaterThan(0);
    const before = calls;
    await strategy.eval(testStream);
    expect(calls).toBe(before);
  });
});
