import { describe, expect, test } from "bun:test";
import { CheckpointPace } from "../../../src/runs/checkpoints/checkpoint_pace.ts";

describe("CheckpointPace", () => {
  test("isDue after each experience, when what is no vectors is small", () => {
    const pace = new CheckpointPace({ now: () => 0 });
    expect([pace.isBehind, pace.isDue]).toEqual([false, false]);
    for (let experience = 0; experience < 5; experience++) {
      pace.countExperience();
      expect([pace.isBehind, pace.isDue]).toEqual([true, true]);
      pace.noteSaved(100_000);
      expect([pace.isBehind, pace.isDue]).toEqual([false, false]);
    }
  });

  test("writes at most 100 kB an experience, when checkpoints grow with each", () => {
    const pace = new CheckpointPace({ now: () => 0 });
    let written = 0;
    for (let experience = 1; experience <= 5000; experience++) {
      pace.countExperience();
      if (!pace.isDue) continue;
      written += 600 * experience;
      pace.noteSaved(600 * experience);
      // What was written last may be more by what came since.
      expect(written / experience).toBeLessThan(110_000);
    }
    expect(written / 5000).toBeGreaterThan(50_000);
  });

  test("isDue every ten seconds, however large checkpoints are", () => {
    let now = 0;
    const pace = new CheckpointPace({ now: () => now });
    pace.countExperience();
    pace.noteSaved(1e9);
    pace.countExperience();
    now = 9999;
    expect(pace.isDue).toBe(false);
    now = 10_000;
    expect(pace.isDue).toBe(true);
    pace.noteSaved(1e9);
    expect(pace.isDue).toBe(false);
  });
});
