import { describe, expect, test } from "bun:test";
import { CPUUsage } from "../../../../src/evaluation/metrics/resources/cpu_usage.ts";
import { ElapsedTime } from "../../../../src/evaluation/metrics/resources/elapsed_time.ts";

describe("ElapsedTime", () => {
  test("is the seconds from the last reset to the last update", () => {
    let nowMs = 100;
    const time = new ElapsedTime(() => nowMs);
    expect(time.result()).toBe(0);
    nowMs = 600;
    time.update();
    nowMs = 900;
    expect(time.result()).toBe(0.5);
    time.reset();
    expect([time.result(), time.updates]).toEqual([0, 0]);
    nowMs = 1150;
    time.update();
    expect([time.result(), time.updates]).toEqual([0.25, 1]);
  });

  test("restore() goes on from what was saved, without the time between", () => {
    let nowMs = 0;
    const time = new ElapsedTime(() => nowMs);
    nowMs = 2000;
    time.update();
    const saved = JSON.parse(JSON.stringify(time.save()));
    nowMs = 50_000;
    const copy = new ElapsedTime(() => nowMs);
    copy.restore(saved);
    expect(copy.result()).toBe(2);
    nowMs = 51_000;
    copy.update();
    expect(copy.result()).toBe(3);
  });
});

describe("CPUUsage", () => {
  test("is processor time per time in percent, 200 for two busy cores", () => {
    let [nowMs, usedMs] = [1000, 300];
    const usage = new CPUUsage({ now: () => nowMs, usedMs: () => usedMs });
    expect(usage.result()).toBe(0);
    [nowMs, usedMs] = [1100, 500];
    usage.update();
    expect(usage.result()).toBe(200);
    usage.reset();
    [nowMs, usedMs] = [1200, 550];
    usage.update();
    expect(usage.result()).toBe(50);
  });

  test("restore() goes on from what was saved, without the time between", () => {
    let [nowMs, usedMs] = [0, 0];
    const usage = new CPUUsage({ now: () => nowMs, usedMs: () => usedMs });
    [nowMs, usedMs] = [100, 100];
    usage.update();
    const saved = JSON.parse(JSON.stringify(usage.save()));
    [nowMs, usedMs] = [9000, 7000];
    const copy = new CPUUsage({ now: () => nowMs, usedMs: () => usedMs });
    copy.restore(saved);
    [nowMs, usedMs] = [9100, 7000];
    copy.update();
    expect(copy.result()).toBe(50);
  });

  test("measures this process, when nothing else is given", () => {
    const usage = new CPUUsage();
    for (let i = 0, x = 1; i < 3e6; i++) x = (x * 31 + i) % 1000003;
    usage.update();
    expect(usage.result()).toBeGreaterThan(0);
  });
});
