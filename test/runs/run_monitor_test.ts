import { describe, expect, test } from "bun:test";
import { RunMonitor } from "../../src/runs/run_monitor.ts";

describe("RunMonitor", () => {
  test("leaves evaluations in the middle of training out of the training time", () => {
    let ms = 1000;
    const monitor = new RunMonitor(undefined, () => ms);
    const pass = (duration: number) => {
      ms += duration;
    };
    for (let experience = 0; experience < 2; experience++) {
      monitor.beforeTraining();
      pass(300);
      monitor.beforeEval();
      pass(5000);
      monitor.afterEval();
      pass(200);
      monitor.afterTraining();
      monitor.beforeEval();
      pass(1000);
      monitor.afterEval();
      pass(60_000);
    }
    expect(monitor.trainSeconds).toBeCloseTo(1, 9);
    expect(monitor.evalSeconds).toBeCloseTo(12, 9);
  });

  test("ends the loop before the next iteration once the signal was given, with the signal's reason", () => {
    const controller = new AbortController();
    const monitor = new RunMonitor(controller.signal);
    monitor.beforeTrainingIteration();
    monitor.beforeEvalIteration();
    controller.abort(new Error("enough"));
    expect(() => monitor.beforeTrainingIteration()).toThrow("enough");
    expect(() => monitor.beforeEvalIteration()).toThrow("enough");
  });
});
