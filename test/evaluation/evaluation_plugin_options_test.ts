import { describe, expect, test } from "bun:test";
import { EvaluationPlugin, type EvaluationPluginOptions } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../src/evaluation/metrics/loss/loss.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";

const KEYS = ["Top1_Acc_Stream/eval_phase/test_stream/Task000", "Loss_MB/train_phase/train_stream/Task000"] as const;

/** An evaluator with a strategy that it follows. */
function make(options: Omit<EvaluationPluginOptions, "metrics"> = {}) {
  const metrics = [...accuracyMetrics({ stream: true }), ...lossMetrics({ minibatch: true })];
  const evaluator = new EvaluationPlugin({ metrics, ...options });
  const strategy = new FakeStrategy(evaluator);
  const train = () => strategy.train([createPlainStream("train", 1).at(0)], {});
  const evaluate = () => strategy.eval([...createPlainStream("test", 1)]);
  return { evaluator, strategy, train, evaluate };
}

describe("EvaluationPlugin", () => {
  test("collectAll of false keeps the newest values alone, and saves what it saves with them all", () => {
    const [all, newest] = [make(), make({ collectAll: false })];
    for (const { train, evaluate } of [all, newest]) {
      train();
      evaluate();
      train();
    }
    const lengths = ({ evaluator }: ReturnType<typeof make>) =>
      KEYS.map((key) => evaluator.getAllMetrics()[key]?.values.length);
    expect(lengths(all)).toEqual([1, 4]);
    expect(lengths(newest)).toEqual([1, 1]);
    expect(newest.evaluator.getLastMetrics()).toEqual(all.evaluator.getLastMetrics());
    expect(newest.evaluator.save()).toEqual(all.evaluator.save());
  });

  test("strictChecks refuses a part of a stream before anything is measured", () => {
    const { evaluator, strategy } = make({ strictChecks: true });
    const stream = createPlainStream("test", 3);
    expect(() => strategy.eval([stream.at(0), stream.at(1)])).toThrow(
      'eval() with strictChecks needs all 3 experiences of the stream "test", got 2',
    );
    expect(evaluator.getLastMetrics()).toEqual({});
    strategy.eval([...stream]);
    expect(Object.keys(evaluator.getLastMetrics())).toEqual([KEYS[0]]);
  });

  test("active of false keeps metrics and loggers from hearing anything", () => {
    let heard = 0;
    const logger = {
      logMetrics: () => {
        heard += 1;
      },
    };
    const { evaluator, train, evaluate } = make({ loggers: [logger] });
    evaluator.active = false;
    train();
    expect([evaluator.getLastMetrics(), heard]).toEqual([{}, 0]);
    evaluator.active = true;
    evaluate();
    expect(Object.keys(evaluator.getLastMetrics())).toEqual([KEYS[0]]);
    expect(heard).toBeGreaterThan(0);
  });

  test("resetLastMetrics() forgets the newest values, in what it saves too, and no others", () => {
    const { evaluator, train, evaluate } = make();
    train();
    evaluator.resetLastMetrics();
    expect(evaluator.getLastMetrics()).toEqual({});
    evaluate();
    expect(Object.keys(evaluator.getLastMetrics())).toEqual([KEYS[0]]);
    expect(Object.keys(evaluator.getAllMetrics()).sort()).toEqual([...KEYS].sort());
    const again = make();
    again.evaluator.restore(JSON.parse(JSON.stringify(evaluator.save())));
    expect(Object.keys(again.evaluator.getLastMetrics())).toEqual([KEYS[0]]);
  });

  test("publishMetricValue() lists a value with the experience trained last, and tells loggers once", () => {
    const heard: unknown[] = [];
    const logger = { logMetrics: (values: readonly object[]) => void heard.push(...values) };
    const { evaluator, train, evaluate } = make({ loggers: [logger] });
    train();
    heard.length = 0;
    evaluator.publishMetricValue({ key: "mine", value: 7, step: 3 });
    expect(evaluator.getLastMetrics().mine).toBe(7);
    expect(evaluator.getAllMetrics().mine).toEqual({ steps: [3], values: [7], count: 1 });
    evaluate();
    evaluate();
    const wanted = { key: "mine", value: 7, step: 3, experience: 0 };
    expect(heard.filter((value) => JSON.stringify(value).includes("mine"))).toEqual([wanted]);
  });
});
