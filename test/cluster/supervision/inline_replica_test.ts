import { describe, expect, test } from "bun:test";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

describe("InlineReplica", () => {
  test("run() lets timers have their turn, when steps follow each other", async () => {
    const samples = makeTask({ samples: 20 });
    const objective = new CrossEntropyLoss().createObjective(samples.targets, 4);
    const cluster = await startMadeCluster({ workers: 0 });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    // Seconds of steps, if no timer ever has its turn.
    for (let step = 0; step < 20_000 && ticks < 5; step++) {
      await cluster.gradientStep({ samples, training: true, dropoutStep: step }, objective);
    }
    clearInterval(timer);
    expect(ticks).toBe(5);
    await cluster.close();
  }, 60_000);
});
