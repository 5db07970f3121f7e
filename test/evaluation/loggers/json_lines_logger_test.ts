import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { formatMetricAsJSON, JSONLinesLogger } from "../../../src/evaluation/loggers/json_lines_logger.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";

describe("JSONLinesLogger", () => {
  test("writes a line a metric, with key, value, step and experience in this order and nothing else", () => {
    let text = "";
    const logger = new JSONLinesLogger({
      write: (part) => {
        text += part;
      },
    });
    logger.logMetrics([
      { key: "a/b", value: 0.1, step: 3, experience: 1 },
      { key: "c", value: [[0.5, Number.NaN]], step: 4, experience: null },
    ]);
    expect(text).toBe(
      '{"key":"a/b","value":0.1,"step":3,"experience":1}\n{"key":"c","value":[[0.5,null]],"step":4,"experience":null}\n',
    );
  });

  test("names the experience trained last, also where a saved evaluator goes on", () => {
    const lines: { experience: number | null; experienceName?: string }[] = [];
    const logger = new JSONLinesLogger({ write: (text) => lines.push(JSON.parse(text)) });
    const make = () => new EvaluationPlugin({ metrics: lossMetrics({ experience: true }), loggers: [logger] });
    const tested = [createPlainStream("test", 1).at(0)];
    const evaluator = make();
    const strategy = new FakeStrategy(evaluator);
    strategy.eval(tested);
    strategy.train([{ ...createPlainStream("train", 1).at(0), name: "march" }]);
    strategy.eval(tested);
    const other = make();
    other.restore(JSON.parse(JSON.stringify(evaluator.save())));
    new FakeStrategy(other).eval(tested);
    strategy.train([createPlainStream("train", 2).at(1)]);
    strategy.eval(tested);
    expect(lines.map(({ experience, experienceName }) => [experience, experienceName])).toEqual([
      [null, undefined],
      [0, "march"],
      [0, "march"],
      [1, undefined],
    ]);
  });

  test("writes the same lines, when the run is the same", () => {
    const run = () => {
      const lines: string[] = [];
      const logger = new JSONLinesLogger({ write: (text) => lines.push(text) });
      const metrics = lossMetrics({ minibatch: true, epoch: true, experience: true, stream: true });
      const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [logger] }), { seed: 7 });
      strategy.train([...createPlainStream("train", 2)]);
      strategy.eval([...createPlainStream("test", 2)]);
      return lines;
    };
    expect(run().length).toBeGreaterThan(4);
    expect(run()).toEqual(run());
  });
});

describe("formatMetricAsJSON()", () => {
  test("writes null for what JSON cannot hold", () => {
    const line = formatMetricAsJSON({ key: "k", value: Number.POSITIVE_INFINITY, step: 0, experience: 0 });
    expect(line).toBe('{"key":"k","value":null,"step":0,"experience":0}\n');
  });
});
