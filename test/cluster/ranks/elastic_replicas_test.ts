import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { growSnapshot } from "../../../src/models/growth/grow_snapshot.ts";
import { growHead, listGrowingHeads } from "../../../src/models/growth/growing_head.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import { createElasticRanks } from "./elastic_ranks.ts";

const data = makeTask({ samples: 112 });
const criterion = new CrossEntropyLoss();
const update = { learningRate: 0.05 };
const INCREMENTAL = { incremental: true, initialUnits: 4, numClasses: 4, dropout: 0.3 } as const;

/** Seven shards: three ranks have two or three each, two have three or four, one has all. */
async function start(ranks: Ranks, workers: number): Promise<Cluster> {
  const options = { workers, logicalShards: 7, ranks };
  const cluster = await startMadeCluster(options, { model: INCREMENTAL, optimizer: new Adam() });
  const penalty = createQuadraticPenalty(cluster.parameters.length);
  penalty.a.fill(0.5);
  cluster.penalties.add(penalty);
  cluster.state.fill(1);
  return cluster;
}

async function step(cluster: Cluster, dropoutStep: number) {
  const objective = criterion.createObjective(data.targets, cluster.model.outputSize);
  const request = { samples: data, training: true, dropoutStep };
  const done = await cluster.gradientStep(request, objective, { penalties: true, update });
  return { ...done, gradient: cluster.gradient.slice(), parameters: cluster.parameters.slice() };
}

/** The two halves of a step, each with an exchange, and what side computations give. */
async function splitStep(cluster: Cluster, dropoutStep: number) {
  const request = { samples: data, training: true, dropoutStep };
  const output = await cluster.forward(request);
  const { dOutput } = criterion.evaluate(output, data.targets);
  await cluster.backward({ ...request, scratch: true }, dOutput);
  await cluster.backward(request, dOutput, { penalties: true });
  await cluster.update(update);
  return { output, scratch: cluster.scratchGradient.slice(), parameters: cluster.parameters.slice() };
}

async function grow(cluster: Cluster): Promise<void> {
  const { parameters, state } = cluster;
  const heads = listGrowingHeads(cluster.model.topology).map((head) => growHead(head, new Map([[0, [5]]])));
  const grown = growSnapshot({ ...cluster.model, parameters, state }, { heads, seed: 1 });
  await cluster.replaceModel({ ...grown, outputSize: 6 });
}

type Work = (cluster: Cluster) => Promise<unknown>;

describe("RankedReplicas, when ranks are lost and the others go on", () => {
  for (const workers of [0, 2]) {
    test(`repeats the command with one rank's bits, its shards dealt anew, with ${workers} workers in each`, async () => {
      const single = await start(Ranks.single(), workers);
      const { exchanges, lose } = createElasticRanks(3);
      const ranks = exchanges.map((exchange) => new Ranks(exchange));
      const clusters = await Promise.all(ranks.map((own) => start(own, workers)));
      let living = clusters;
      const losses: string[] = [];

      /** All that live do the work; one is lost once the others have begun it. */
      async function expectEqual(work: Work, lost?: number): Promise<void> {
        const wanted = await work(single);
        const victim = lost === undefined ? undefined : clusters[lost];
        living = living.filter((cluster) => cluster !== victim);
        const working = living.map(work);
        if (lost !== undefined) lose(lost);
        for (const result of await Promise.all(working)) expect(result).toEqual(wanted);
        losses.push(living.map((cluster) => cluster.options.ranks.rank).join());
      }

      await expectEqual((cluster) => step(cluster, 0));
      await expectEqual((cluster) => step(cluster, 1), 1);
      await expectEqual((cluster) => splitStep(cluster, 2));
      await expectEqual(grow);
      await expectEqual((cluster) => step(cluster, 3));
      await expectEqual((cluster) => step(cluster, 4), 2);
      await expectEqual((cluster) => step(cluster, 5));
      expect(losses).toEqual(["0,1,2", "0,1", "0,1", "0,1", "0,1", "0", "0"]);
      await Promise.all([single, ...clusters].map((cluster) => cluster.close()));
    }, 60_000);
  }
});

describe("Ranks", () => {
  test("agreeOn() and stopSignal go on among the ranks that are left", async () => {
    const { exchanges, lose } = createElasticRanks(3);
    const ranks = exchanges.map((exchange) => new Ranks(exchange));
    const [first, , third] = ranks;
    if (!first || !third) throw new Error("there are three ranks");
    const agreeing = [first, third].map((own) => own.agreeOn(async () => own.rank));
    lose(1);
    expect(await Promise.all(agreeing)).toEqual([0, 2]);
    expect([first.size, third.rank, third.size]).toEqual([2, 1, 2]);
    third.requestStop(new Error("told to stop"));
    await Promise.all([first.exchange([], []), third.exchange([], [])]);
    expect([first, third].map(({ stopSignal }) => stopSignal.aborted)).toEqual([true, true]);
  });

  test("noteLoss() tells of a rank that was lost, and stops the last one that wanted to stop", async () => {
    const { exchanges, lose } = createElasticRanks(2);
    const [ranks] = exchanges.map((exchange) => new Ranks(exchange));
    if (!ranks) throw new Error("there are two ranks");
    const told: unknown[] = [];
    ranks.followLosses((loss) => told.push(loss));
    ranks.requestStop(new Error("told to stop"));
    expect(ranks.stopSignal.aborted).toBe(false);
    const waiting = ranks.agreeOn(async () => 5);
    lose(1);
    expect(await waiting).toBe(5);
    const loss = { rank: 1, name: "rank 1 of 2", left: 1 };
    ranks.noteLoss(loss);
    expect(told).toEqual([loss]);
    expect(ranks.stopSignal.aborted).toBe(true);
  });
});
