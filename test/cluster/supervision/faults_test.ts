import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const samples = makeTask({ samples: 64 });
const WITHIN_MS = 10_000;

/** Steps until a step fails; the error and how long that step took. */
async function stepUntilFailure(cluster: Cluster): Promise<{ error: Error; elapsedMs: number }> {
  const objective = new CrossEntropyLoss().createObjective(samples.targets, 4);
  for (let step = 0; step < 10; step++) {
    const began = performance.now();
    try {
      await cluster.gradientStep({ samples, training: true, dropoutStep: step }, objective, {
        update: { learningRate: 0.1 },
      });
    } catch (thrown) {
      if (thrown instanceof Error) return { error: thrown, elapsedMs: performance.now() - began };
    }
  }
  throw new Error("no step failed");
}

describe("Cluster, a replica that is lost", () => {
  const faults = [
    { entry: "throwing", message: /replica [01] failed: the device is on fire/ },
    { entry: "crashing", message: /replica [01] (threw: .*nobody catches this|exited)/ },
    { entry: "exiting", message: /replica [01] (exited with code 3|gave no sign of life)/ },
    { entry: "silent", message: /replica [01] gave no sign of life/ },
    { entry: "stillborn", message: /replica [01] gave no sign of life/ },
  ];
  for (const { entry, message } of faults) {
    test(`gradientStep() names the ${entry} replica and its cause, in time`, async () => {
      const workerEntry = new URL(`./${entry}_replica.ts`, import.meta.url);
      const cluster = await startMadeCluster({ workers: 2, logicalShards: 2, workerEntry, silenceTimeoutMs: 1_500 });
      const { error, elapsedMs } = await stepUntilFailure(cluster);
      expect(error.message).toMatch(message);
      expect(elapsedMs).toBeLessThan(WITHIN_MS);
      const again = cluster.forward({ samples, training: false, dropoutStep: 0 });
      await expect(again).rejects.toThrow(error.message);
      await cluster.close();
    });
  }

  test("gradientStep() keeps the class and the cause of what a replica threw", async () => {
    const workerEntry = new URL("./throwing_replica.ts", import.meta.url);
    const cluster = await startMadeCluster({ workers: 1, workerEntry });
    const { error } = await stepUntilFailure(cluster);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.cause instanceof Error && error.cause.cause instanceof Error && error.cause.cause.message).toBe(
      "a spark",
    );
    await cluster.close();
  });

  test("start() tells why an engine cannot be loaded and leaves nothing running", async () => {
    const start = startMadeCluster({ workers: 1, engine: "tfjs", devices: ["cuda:0"] });
    await expect(start).rejects.toThrow(/tensorflow|tfjs-node-gpu/);
  });

  test("close() lets a replica finish its command, when that takes long", async () => {
    const workerEntry = new URL("./slow_replica.ts", import.meta.url);
    const cluster = await startMadeCluster({ workers: 1, workerEntry });
    const objectiveOf = ({ targets }: Dataset) => new CrossEntropyLoss().createObjective(targets, 4);
    // From the second step on the replica has the graph.
    const few = samples.subset([0, 1, 2]);
    await cluster.gradientStep({ samples: few, training: true, dropoutStep: 0 }, objectiveOf(few));
    const before = cluster.parameters.slice();
    const request = { samples, training: true, dropoutStep: 1 };
    const step = cluster.gradientStep(request, objectiveOf(samples), { update: { learningRate: 0.1 } });
    const outcome = step.catch((error: unknown) => error);
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    // Until the minibatch stands in the control block, and in the turn after that its command is issued.
    do await turn();
    while (cluster.countRows()[0] !== samples.length);
    // A busy machine lets the replica see it some turns later.
    for (let i = 0; i < 100; i++) await turn();
    await cluster.close();
    expect(cluster.parameters).not.toEqual(before);
    await outcome;
  });

  test("close() may be called again, and a closed cluster says so", async () => {
    const cluster = await startMadeCluster({ workers: 1 });
    await cluster.close();
    await cluster.close();
    await expect(cluster.forward({ samples, training: false, dropoutStep: 0 })).rejects.toThrow("closed");
  });
});
