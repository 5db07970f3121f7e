import { describe, expect, test } from "bun:test";
import { createDashboardLogger } from "../../../../src/cli/training/view/dashboard_logger.ts";
import { EvaluationPlugin } from "../../../../src/evaluation/evaluation_plugin.ts";
import { FakeStrategy } from "../../../evaluation/fake_strategy.ts";
import { createPlainStream } from "../../../evaluation/fake_stream.ts";

/** What a dashboard is told of two experiences of two epochs, where every look at the clock takes `stepMs`. */
function follow(stepMs: number) {
  const told: string[] = [];
  let nowMs = 0;
  const logger = createDashboardLogger({
    flush: () => told.push("flush"),
    tell: (progress) => told.push(progress.replace(/\d\.\d{4}$/, "L")),
    now: () => {
      nowMs += stepMs;
      return nowMs;
    },
  });
  const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [], loggers: [logger] }));
  strategy.train([createPlainStream("train", 2).at(1)], { epochs: 2, batches: [1, 1] });
  strategy.eval([...createPlainStream("test", 2)], { batches: [1] });
  return told;
}

describe("createDashboardLogger()", () => {
  test("says how far training and evaluation have come", () => {
    const training = "Training on experience 1 of the train stream";
    expect(follow(1000)).toEqual([
      training,
      `${training}: epoch 1 of 2, minibatch 1 of 2, loss L`,
      `${training}: epoch 1 of 2, minibatch 2 of 2, loss L`,
      "flush",
      `${training}: epoch 2 of 2, minibatch 1 of 2, loss L`,
      `${training}: epoch 2 of 2, minibatch 2 of 2, loss L`,
      "flush",
      "Evaluating experience 0 of the test stream",
      "Evaluating experience 1 of the test stream",
      "flush",
      "",
    ]);
  });

  test("calls experiences by their names, where they have names", () => {
    const told: string[] = [];
    let nowMs = 0;
    const logger = createDashboardLogger({
      flush: () => {},
      tell: (line) => told.push(line),
      now: () => (nowMs += 2000),
    });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [], loggers: [logger] }));
    strategy.train([{ ...createPlainStream("train", 2).at(1), name: "may" }], { batches: [1] });
    expect(told[0]).toBe('Training on experience 1 "may" of the train stream');
  });

  test("says nothing twice within a second, and brings metrics up to date all the same", () => {
    expect(follow(100)).toEqual(["Training on experience 1 of the train stream", "flush", "flush", "flush", ""]);
  });
});
