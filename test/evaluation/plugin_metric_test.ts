import { describe, expect, test } from "bun:test";
import { evaluationEvents } from "../../src/evaluation/evaluation_event.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { Mean } from "../../src/evaluation/metrics/mean.ts";
import {
  createPluginMetric,
  type EvalSpan,
  type PluginMetric,
  type TrainSpan,
} from "../../src/evaluation/plugin_metric.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";

type Spans =
  | { mode: "train"; resetAt: TrainSpan | "never"; emitAt: TrainSpan }
  | { mode: "eval"; resetAt: EvalSpan | "never"; emitAt: EvalSpan };

/** Its result is the number of minibatches since it was reset. */
function createCounter(spans: Spans): PluginMetric {
  let count = 0;
  const metric = {
    result: () => count,
    reset: () => {
      count = 0;
    },
    save: () => count,
    restore: () => undefined,
  };
  return createPluginMetric({ name: "Count", metric, update: () => count++, ...spans });
}

/**
 * What the counter reported in two calls of train (two experiences, then one), 2 epochs of 3 minibatches, eval after
 * each.
 */
function count(spans: Spans): unknown[] {
  const metric = createCounter(spans);
  const reported: unknown[] = [];
  const evaluator = new EvaluationPlugin({
    metrics: [metric],
    loggers: [{ logMetrics: (values) => reported.push(...values.map(({ value }) => value)) }],
  });
  const strategy = new FakeStrategy(evaluator);
  const [first, second, third] = createPlainStream("train", 3);
  if (!first || !second || !third) throw new Error("three experiences were made");
  for (const experiences of [[first, second], [third]]) {
    strategy.train(experiences, { epochs: 2, batches: [1, 1, 1] });
    strategy.eval([...createPlainStream("test", 2)], { batches: [1, 1] });
  }
  return reported;
}

describe("createPluginMetric()", () => {
  test("gathers from the start of one span and reports at the end of another, in training", () => {
    const mode = "train" as const;
    expect(count({ mode, resetAt: "iteration", emitAt: "iteration" })).toEqual(new Array(18).fill(1));
    expect(count({ mode, resetAt: "epoch", emitAt: "iteration" }).slice(0, 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(count({ mode, resetAt: "epoch", emitAt: "epoch" })).toEqual([3, 3, 3, 3, 3, 3]);
    expect(count({ mode, resetAt: "experience", emitAt: "epoch" })).toEqual([3, 6, 3, 6, 3, 6]);
    expect(count({ mode, resetAt: "experience", emitAt: "experience" })).toEqual([6, 6, 6]);
    expect(count({ mode, resetAt: "stream", emitAt: "experience" })).toEqual([6, 12, 6]);
    expect(count({ mode, resetAt: "stream", emitAt: "stream" })).toEqual([12, 6]);
    expect(count({ mode, resetAt: "never", emitAt: "stream" })).toEqual([12, 18]);
  });

  test("gathers from the start of one span and reports at the end of another, in evaluation", () => {
    const mode = "eval" as const;
    expect(count({ mode, resetAt: "iteration", emitAt: "iteration" })).toEqual(new Array(8).fill(1));
    expect(count({ mode, resetAt: "experience", emitAt: "iteration" })).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
    expect(count({ mode, resetAt: "experience", emitAt: "experience" })).toEqual([2, 2, 2, 2]);
    expect(count({ mode, resetAt: "stream", emitAt: "experience" })).toEqual([2, 4, 2, 4]);
    expect(count({ mode, resetAt: "stream", emitAt: "stream" })).toEqual([4, 4]);
    expect(count({ mode, resetAt: "never", emitAt: "stream" })).toEqual([4, 8]);
  });

  test("listens to no event of the other mode", () => {
    const listened = (spans: Spans) => evaluationEvents.filter((event) => createCounter(spans)[event] !== undefined);
    expect(listened({ mode: "train", resetAt: "epoch", emitAt: "epoch" })).toEqual([
      "beforeTrainingEpoch",
      "afterTrainingIteration",
      "afterTrainingEpoch",
    ]);
    expect(listened({ mode: "eval", resetAt: "stream", emitAt: "experience" })).toEqual([
      "beforeEval",
      "afterEvalIteration",
      "afterEvalExp",
    ]);
  });

  test("saves and restores its standalone metric", () => {
    const create = (metric: Mean) =>
      createPluginMetric({
        name: "M",
        metric,
        update: () => undefined,
        mode: "train",
        resetAt: "never",
        emitAt: "epoch",
      });
    const [from, to] = [new Mean(), new Mean()];
    from.update(3);
    create(to).restore(create(from).save());
    expect(to.result()).toBe(3);
  });
});
