import { describe, expect, test } from "bun:test";
import { RunMonitor } from "../../src/runs/run_monitor.ts";

describe("RunMonitor", () => {
  test("leaves evaluations in the middle of training out of the training time", () => {
    let ms = 1000;
    const monitor = new RunMonitor({ now: () => ms });
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

  test("ends an evaluation outside training once the signal was given, with the signal's reason", () => {
    const controller = new AbortController();
    const monitor = new RunMonitor({ signal: controller.signal });
    monitor.beforeEvalIteration();
    controller.abort(new Error("enough"));
    expect(() => monitor.beforeEvalIteration()).toThrow("enough");
    monitor.beforeTraining();
    monitor.beforeEvalIteration();
  });

  test("ends a loop that makes no checkpoint some iterations after the signal", () => {
    const controller = new AbortController();
    const monitor = new RunMonitor({ signal: controller.signal });
    monitor.beforeTraining();
    controller.abort(new Error("enough"));
    for (let i = 0; i < 100; i++) monitor.beforeTrainingIteration();
    expect(() => monitor.beforeTrainingIteration()).toThrow("enough");
  });

  test("goes on in another process from where it was saved, and the time between counts for nothing", () => {
    let ms = 1000;
    const now = () => ms;
    const monitor = new RunMonitor({ now });
    monitor.trainedSamples = 7;
    monitor.accuracies.set(3, 0.5).set(4, Number.NaN);
    monitor.beforeTraining();
    ms += 2000;
    monitor.beforeEval();
    ms += 500;
    monitor.afterEval();
    const saved = monitor.saveState();
    ms = 5;
    const later = new RunMonitor({ now });
    later.restoreState(saved);
    expect(later.saveState()).toEqual(saved);
    ms += 1000;
    later.afterTraining();
    expect(later.trainSeconds).toBeCloseTo(3, 9);
    expect(later.evalSeconds).toBeCloseTo(0.5, 9);
    expect({ samples: later.trainedSamples, accuracies: later.accuracies }).toEqual({
      samples: 7,
      accuracies: monitor.accuracies,
    });
    const between = new RunMonitor({ now });
    between.restoreState(later.saveState());
    expect(between.saveState()).toMatchObject({ callSeconds: null });
  });
});
