import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import { createLocalRanks } from "./local_ranks.ts";

const data = makeTask({ samples: 96 });
const objective = new CrossEntropyLoss().createObjective(data.targets, 4);
const update = { learningRate: 0.01 };

function start(ranks: Ranks, workers: number): Promise<Cluster> {
  const half = { precision: "float16", anyDevicePrecision: true, engine: "onnxruntime", logicalShards: 4 } as const;
  return startMadeCluster({ ...half, workers, ranks }, { optimizer: new Adam({ learningRate: 0.01 }) });
}

/** Steps of which the first ones overflow, in one command with the update and in two. */
async function train(cluster: Cluster) {
  cluster.lossScale.restore({ value: 2 ** 22, goodSteps: 0 });
  const steps: unknown[] = [];
  for (let dropoutStep = 0; dropoutStep < 12; dropoutStep++) {
    const request = { samples: data, training: true, dropoutStep };
    const isFused = dropoutStep % 2 === 0;
    const { objective: loss } = await cluster.gradientStep(request, objective, isFused ? { update } : {});
    if (!isFused) await cluster.update(update);
    steps.push([loss, cluster.stepCount, cluster.lossScale.value]);
  }
  const { parameters, optimizerState } = cluster;
  return { steps, parameters: parameters.slice(), optimizer: optimizerState.map((vector) => vector.slice()) };
}

describe("RankedReplicas in float16", () => {
  test("has one rank's bits on 2 and 3 ranks, steps that overflow on all of them included", async () => {
    const single = await start(Ranks.single(), 0);
    const wanted = await train(single);
    await single.close();
    expect(single.lossScale.value).toBeLessThan(2 ** 22);
    expect(single.stepCount).toBeGreaterThan(2);
    for (const [size, workers] of [
      [2, 0],
      [2, 2],
      [3, 0],
    ] as const) {
      const clusters = await Promise.all(createLocalRanks(size).map((exchange) => start(new Ranks(exchange), workers)));
      for (const result of await Promise.all(clusters.map(train))) expect(result).toEqual(wanted);
      for (const cluster of clusters) await cluster.close();
    }
  }, 60_000);
});
