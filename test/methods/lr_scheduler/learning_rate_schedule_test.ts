import { describe, expect, test } from "bun:test";
import {
  assertSchedule,
  assertWarmUp,
  evaluateSchedule,
  type LearningRateSchedule,
  type WarmUp,
} from "../../../src/methods/lr_scheduler/learning_rate_schedule.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const listFactors = (schedule: LearningRateSchedule, count: number, warmUp?: WarmUp) =>
  Array.from({ length: count }, (_, t) => evaluateSchedule(schedule, t, warmUp));

describe("evaluateSchedule()", () => {
  for (const [schedule, wanted] of [
    [{ kind: "constant" }, [1, 1, 1]],
    [{ kind: "step", stepSize: 2 }, [1, 1, 0.1, 0.1, 0.01]],
    [{ kind: "step", stepSize: 1, gamma: 0.5 }, [1, 0.5, 0.25]],
    [{ kind: "multi-step", milestones: [1, 3], gamma: 0.5 }, [1, 0.5, 0.5, 0.25, 0.25]],
    [{ kind: "exponential", gamma: 0.9 }, [1, 0.9, 0.81]],
    [{ kind: "cosine", steps: 4 }, [1, (2 + Math.SQRT2) / 4, 0.5, (2 - Math.SQRT2) / 4, 0, (2 - Math.SQRT2) / 4]],
    [{ kind: "cosine", steps: 2, minimum: 0.2 }, [1, 0.6, 0.2]],
  ] as const) {
    test(`gives PyTorch's factors for ${JSON.stringify(schedule)}`, () => {
      assertSchedule("test", schedule);
      expect(measureDifference(listFactors(schedule, wanted.length), wanted)).toBeLessThan(1e-12);
    });
  }

  test("rises in a straight line first, and begins the schedule after that", () => {
    const schedule = { kind: "exponential", gamma: 0.5 } as const;
    const factors = listFactors(schedule, 6, { steps: 3, start: 0.1 });
    expect(measureDifference(factors, [0.1, 0.4, 0.7, 1, 0.5, 0.25])).toBeLessThan(1e-12);
    const third = listFactors({ kind: "constant" }, 3, { steps: 2 });
    expect(measureDifference(third, [1 / 3, 2 / 3, 1])).toBeLessThan(1e-12);
  });
});

describe("assertSchedule() and assertWarmUp()", () => {
  test("refuse numbers out of range and unknown schedules", () => {
    for (const [schedule, wanted] of [
      [{ kind: "step", stepSize: 0 }, "stepSize"],
      [{ kind: "step", stepSize: 1, gamma: 0 }, "gamma"],
      [{ kind: "multi-step", milestones: [] }, "schedule: milestones must be an array of at least one element, got []"],
      [{ kind: "multi-step", milestones: [0] }, "schedule: milestones[0] must be at least 1, got 0"],
      [{ kind: "exponential", gamma: -1 }, "gamma"],
      [{ kind: "cosine", steps: 0 }, "steps"],
      [{ kind: "cosine", steps: 1, minimum: 2 }, "minimum"],
    ] as const) {
      expect(() => assertSchedule("schedule", schedule)).toThrow(wanted);
    }
    const misnamed = { kind: "cosin", steps: 3 };
    expect(() => Reflect.apply(assertSchedule, undefined, ["schedule", misnamed])).toThrow(
      'schedule: kind must be one of "constant", "step", "multi-step", "exponential", "cosine", got "cosin"',
    );
    expect(() => assertWarmUp("warm up", { steps: -1 })).toThrow("warm up: steps must be at least 0, got -1");
    expect(() => assertWarmUp("warm up", { steps: 1, start: 2 })).toThrow("start");
  });
});
