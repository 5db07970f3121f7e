import { describe, expect, test } from "bun:test";
import { formatProgress, formatSeconds } from "../../../src/evaluation/loggers/progress.ts";

const halfway = { label: "Epoch 1/2", done: 235, total: 470, elapsedMs: 1000, loss: 0.5 };

describe("formatProgress()", () => {
  test("shows bar, count, rate, time left and loss", () => {
    expect(formatProgress(halfway, 100)).toBe(
      "Epoch 1/2 [##########----------] 235/470  235 it/s  0:01 left  loss 0.5000",
    );
  });

  test("shows the rate of what is counted, and a shorter bar where the line would be too long", () => {
    const rated = { unit: "samples", count: 4000 } as const;
    expect(formatProgress({ ...halfway, rated }, 72)).toBe(
      "Epoch 1/2 [######------] 235/470  4000 samples/s  0:01 left  loss 0.5000",
    );
    expect(formatProgress({ ...halfway, rated }, 60)).toBe(
      "Epoch 1/2 [###--] 235/470  4000 samples/s  0:01 left  loss 0",
    );
  });

  test("shows no rate, when no time has passed or nothing is done", () => {
    expect(formatProgress({ ...halfway, elapsedMs: 0 }, 100)).toContain("235/470    loss");
    expect(formatProgress({ ...halfway, done: 0 }, 100)).toContain("0/470    loss");
  });

  test("shows a full bar, when there is nothing to do or more than announced was done", () => {
    expect(formatProgress({ ...halfway, done: 0, total: 0 }, 100)).toContain("[####################] 0/0");
    expect(formatProgress({ ...halfway, done: 500 }, 100)).toContain("[####################] 500/470  500 it/s  0:00");
  });
});

describe("formatSeconds()", () => {
  test("rounds up to whole seconds and shows hours only where there are some", () => {
    expect([-5, 0, 0.2, 59.5, 65, 3599.1, 7259].map(formatSeconds)).toEqual([
      "0:00",
      "0:00",
      "0:01",
      "1:00",
      "1:05",
      "1:00:00",
      "2:00:59",
    ]);
  });
});
