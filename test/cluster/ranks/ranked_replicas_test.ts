import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { copyToSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import { createLocalRanks } from "./local_ranks.ts";

const SHARDS = 5;
const data = makeTask({ samples: 128 });
const criterion = new CrossEntropyLoss();
const rates = { learningRate: 0.01 };

/** What every coordinator of a group has after the same work. */
async function onAll<Result>(
  clusters: readonly Cluster[],
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(clusters.map(work));
}

function startGroup(size: number, workers = 0): Promise<Cluster[]> {
  const optimizer = new Adam(rates);
  const ranks = size === 1 ? [Ranks.single()] : createLocalRanks(size).map((exchange) => new Ranks(exchange));
  const start = (own: Ranks) => startMadeCluster({ workers, logicalShards: SHARDS, ranks: own }, { optimizer });
  return Promise.all(ranks.map(start));
}

describe("RankedReplicas", () => {
  const groups: Cluster[][] = [];
  beforeAll(async () => {
    for (const size of [1, 2, 3, 7]) groups.push(await startGroup(size));
    groups.push(await startGroup(2, 2));
  });
  afterAll(async () => {
    for (const cluster of groups.flat()) await cluster.close();
  });

  /** The first group is one rank: all others must have its bits, on each of their ranks. */
  async function expectEqual<Result>(work: (cluster: Cluster) => Promise<Result>): Promise<void> {
    const [[expected] = [], ...others] = await Promise.all(groups.map((group) => onAll(group, work)));
    for (const result of others.flat()) expect(result).toEqual(expected as Result);
  }

  test("gradientStep() has one rank's bits on any number of them, small minibatches included", async () => {
    const anyRows = fc.uniqueArray(fc.nat(127), { minLength: 1, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(anyRows, fc.boolean(), async (rows, updates) => {
        const samples = data.subset(rows);
        await expectEqual(async (cluster) => {
          const after = updates ? { penalties: true, update: rates } : { penalties: true };
          const objective = criterion.createObjective(samples.targets, 4);
          const step = await cluster.gradientStep({ samples, training: true, dropoutStep: 3 }, objective, after);
          return { ...step, gradient: cluster.gradient.slice(), parameters: cluster.parameters.slice() };
        });
      }),
      { numRuns: 12 },
    );
  });

  test("penalties are added once, with and without the update in the same command", async () => {
    const samples = data.subset(Array.from({ length: 90 }, (_, i) => i));
    await expectEqual(async (cluster) => {
      const ones = copyToSharedFloat32(new Float32Array(cluster.parameters.length).fill(1));
      const penalty = createQuadraticPenalty(cluster.parameters.length);
      penalty.a.set(ones);
      cluster.penalties.add(penalty);
      const objective = criterion.createObjective(samples.targets, 4);
      const request = { samples, training: true, dropoutStep: 3 };
      await cluster.gradientStep(request, objective, { penalties: true });
      const gradient = cluster.gradient.slice();
      await cluster.update(rates);
      await cluster.gradientStep(request, objective, { penalties: true, update: rates });
      const value = cluster.penalties.sumLastStep();
      cluster.penalties.remove(penalty);
      return { gradient, value, parameters: cluster.parameters.slice() };
    });
  });

  test("forward(), activations(), inputGradients() and factors() give every rank all rows", async () => {
    const samples = data.subset(Array.from({ length: 101 }, (_, i) => (i * 7) % 128));
    const dOutput = Float32Array.from({ length: 404 }, (_, i) => Math.sin(i));
    const request = { samples, training: false, dropoutStep: 0 };
    await expectEqual(async (cluster) => {
      const [layer] = cluster.model.layout.entries.map(({ name }) => name.split("/")[0] ?? "");
      return [
        await cluster.forward(request),
        await cluster.activations(request, layer ?? ""),
        await cluster.rowResults.inputGradients(request, dOutput),
        await cluster.rowResults.factors(request, dOutput),
      ];
    });
  });

  test("gradientStep() holds features with one rank's bits on any number of them", async () => {
    const samples = data.subset(Array.from({ length: 90 }, (_, i) => i));
    await expectEqual(async (cluster) => {
      const layerName = cluster.model.layout.entries[0]?.name.split("/")[0] ?? "";
      const vectors = { parameters: cluster.parameters.map((value) => value / 2), state: new Float32Array(0) };
      const request = { samples, training: true, dropoutStep: 3, anchor: { layerName, vectors, factor: 0.5 } };
      const step = await cluster.gradientStep(request, criterion.createObjective(samples.targets, 4));
      expect(step.isFinite).toBe(true);
      return { ...step, gradient: cluster.gradient.slice() };
    });
  });

  test("backward() gives scratch gradients, of the whole and of each sample, to every rank", async () => {
    const samples = data.subset([3, 1, 4, 15, 9]);
    const dOutput = Float32Array.from({ length: 20 }, (_, i) => Math.cos(i));
    const request = { samples, training: false, dropoutStep: 0, scratch: true };
    await expectEqual(async (cluster) => {
      await cluster.backward(request, dOutput);
      const whole = cluster.scratchGradient.slice();
      await cluster.backward({ ...request, perSample: true }, dOutput);
      return [whole, ...Array.from({ length: 5 }, (_, i) => cluster.gradientOfSample(i).slice())];
    });
  });

  test("gradientStep() leaves the update out on every rank when one rank's loss is not finite", async () => {
    const samples = data.subset(Array.from({ length: 80 }, (_, i) => i));
    await expectEqual(async (cluster) => {
      const before = cluster.parameters.slice();
      const objective = criterion.createObjective(samples.targets, 4);
      const broken = {
        ...objective,
        write(targets: Float32Array, weights: Float32Array) {
          objective.write(targets, weights);
          targets[targets.length - 1] = Number.NaN;
        },
      };
      const request = { samples, training: true, dropoutStep: 3 };
      const step = await cluster.gradientStep(request, broken, { update: rates });
      expect(step.isFinite).toBe(false);
      expect(cluster.parameters.slice()).toEqual(before);
      return before;
    });
  });

  test("readTimings() and countRows() tell of both halves of a command", async () => {
    const [, pair = []] = groups;
    const samples = data.subset(Array.from({ length: 80 }, (_, i) => i));
    const objective = criterion.createObjective(samples.targets, 4);
    await onAll(pair, (cluster) =>
      cluster.gradientStep({ samples, training: true, dropoutStep: 3 }, objective, { update: rates }),
    );
    expect(pair.map((cluster) => cluster.countRows())).toEqual([[32], [48]]);
    for (const { engineMs, updateMs } of pair.flatMap((cluster) => cluster.readTimings())) {
      expect(engineMs).toBeGreaterThan(0);
      expect(updateMs).toBeGreaterThan(0);
    }
  });
});
