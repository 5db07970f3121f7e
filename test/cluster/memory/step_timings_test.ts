import { describe, expect, test } from "bun:test";
import { createTimings, readTimings, Timing, viewTimings } from "../../../src/cluster/memory/step_timings.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

describe("readTimings()", () => {
  test("gives every replica the figures that it wrote", () => {
    const timings = createTimings(3);
    for (let replica = 0; replica < 3; replica++) {
      const own = viewTimings(timings, replica);
      for (const place of Object.values(Timing)) own[place] = 10 * replica + place;
    }
    expect(readTimings(timings)).toEqual([
      { gatherMs: 0, engineMs: 1, barrierMs: 2, updateMs: 3 },
      { gatherMs: 10, engineMs: 11, barrierMs: 12, updateMs: 13 },
      { gatherMs: 20, engineMs: 21, barrierMs: 22, updateMs: 23 },
    ]);
  });

  test("fits into the time of the command, for replicas here and in Workers, and starts anew with each command", async () => {
    const criterion = new CrossEntropyLoss();
    const samples = makeTask({ samples: 64 }).subset(Array.from({ length: 64 }, (_, i) => i));
    for (const workers of [0, 2]) {
      const cluster = await startMadeCluster({ workers, logicalShards: 2 });
      const request = { samples, training: true, dropoutStep: 0 };
      const began = performance.now();
      await cluster.gradientStep(request, criterion.createObjective(samples.targets, 4), {
        update: { learningRate: 0.1 },
      });
      const wallMs = performance.now() - began;
      const timings = cluster.readTimings();
      expect(timings.length).toBe(Math.max(1, workers));
      for (const { gatherMs, engineMs, barrierMs, updateMs } of timings) {
        expect(engineMs).toBeGreaterThan(0);
        expect(gatherMs + engineMs + barrierMs + updateMs).toBeLessThanOrEqual(wallMs);
      }
      await cluster.update({ learningRate: 0.1 });
      for (const { engineMs } of cluster.readTimings()) expect(engineMs).toBe(0);
      await cluster.close();
    }
  });
});
