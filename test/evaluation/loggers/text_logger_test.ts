import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { formatMetricLines, TextLogger } from "../../../src/evaluation/loggers/text_logger.ts";
import type { MetricValue } from "../../../src/evaluation/metric_value.ts";
import type { PluginMetric } from "../../../src/evaluation/plugin_metric.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createFakeStream, createPlainStream } from "../fake_stream.ts";

/** Reports the same value under two names at the ends of epochs, evaluated experiences and evaluations. */
function createConstant(value: MetricValue["value"]): PluginMetric {
  const readings = () => [
    { key: "Second", value },
    { key: "First", value },
  ];
  return {
    name: "Constant",
    save: () => null,
    restore: () => undefined,
    afterTrainingEpoch: readings,
    afterEvalExp: readings,
    afterEval: readings,
  };
}

describe("TextLogger", () => {
  test("writes starts, ends, and at ends the metrics sorted by key", () => {
    let text = "";
    const logger = new TextLogger({
      write: (part) => {
        text += part;
      },
    });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [createConstant(1 / 3)], loggers: [logger] }));
    strategy.train([createPlainStream("train", 1).at(0)], { epochs: 2 });
    strategy.eval([createFakeStream("test", [[0, 1]]).at(0)]);
    const metrics = "\tFirst = 0.3333\n\tSecond = 0.3333\n";
    expect(text).toBe(
      [
        "-- >> Training starts << --\n",
        "-- Training on experience 0 (task 0) of the train stream --\n",
        `Epoch 0 ended.\n${metrics}`,
        `Epoch 1 ended.\n${metrics}`,
        "-- >> Training ended << --\n",
        "-- >> Evaluation starts << --\n",
        "-- Evaluating experience 0 of the test stream --\n",
        `> Evaluated experience 0 of the test stream.\n${metrics}`,
        `-- >> Evaluation ended << --\n${metrics}`,
      ].join(""),
    );
  });

  test("writes metrics of training before an evaluation in the middle of it, not among its own", () => {
    const parts: string[] = [];
    const logger = new TextLogger({ write: (text) => parts.push(text) });
    logger.logMetrics([{ key: "Loss_MB", value: 1, step: 0, experience: 0 }]);
    logger.beforeEval();
    logger.afterEval();
    expect(parts).toEqual([
      "\tLoss_MB = 1.0000\n",
      "-- >> Evaluation starts << --\n",
      "-- >> Evaluation ended << --\n",
    ]);
  });
});

describe("formatMetricLines()", () => {
  test("shows control characters of keys as escapes", () => {
    expect(formatMetricLines([["a\u001b[2J\nb", 1]])).toBe("\ta\\u001b[2J\\u000ab = 1.0000\n");
  });

  test("writes a matrix by rows, and a dash for cells that were not measured", () => {
    const matrix = [
      [1, Number.NaN],
      [0.25, 0.5],
    ];
    expect(formatMetricLines([["Matrix", matrix]])).toBe("\tMatrix = \n\t\t1.0000      -\n\t\t0.2500 0.5000\n");
  });
});
