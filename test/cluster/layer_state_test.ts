import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../src/cluster/cluster.ts";
import { resolveClusterOptions } from "../../src/cluster/cluster_options.ts";
import { Ranks } from "../../src/cluster/ranks/ranks.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { makeTask } from "../support/made_task.ts";
import { createElasticRanks } from "./ranks/elastic_ranks.ts";
import { createLocalRanks } from "./ranks/local_ranks.ts";

const MOMENTUM = 0.75;
const data = makeTask({ samples: 48 });
const criterion = new CrossEntropyLoss();
const request = { samples: data, training: true, dropoutStep: 0 };

/** A model that begins with a batch normalisation: its statistics are the samples' own. */
async function startCluster(logicalShards: number, ranks = Ranks.single()): Promise<Cluster> {
  const model = tf.sequential({
    layers: [
      tf.layers.batchNormalization({ inputShape: [6], momentum: MOMENTUM }),
      tf.layers.dense({ units: 4, kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }),
    ],
  });
  const snapshot = flattenWeights(model);
  model.dispose();
  const training = { optimizer: new SGD({ learningRate: 0.1 }), seed: 1 };
  const options = resolveClusterOptions({ workers: 0, logicalShards, ranks, engine: "onnxruntime" });
  return Cluster.start({ ...snapshot, outputSize: 4 }, options, training);
}

/** Moving means and variances [6] each after one pass over all samples, cut into shards. */
function computeMovingStatistics(cluster: Cluster, shardCount: number): number[] {
  const { data: x } = readSamples(data);
  const rows = data.length / shardCount;
  const [batchMeans, batchVariances] = [new Float64Array(6), new Float64Array(6)];
  for (let shard = 0; shard < shardCount; shard++) {
    for (let c = 0; c < 6; c++) {
      const column = Array.from({ length: rows }, (_, row) => x[(shard * rows + row) * 6 + c] ?? Number.NaN);
      const mean = column.reduce((sum, value) => sum + value, 0) / rows;
      batchMeans[c] = (batchMeans[c] ?? 0) + mean / shardCount;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
      batchVariances[c] = (batchVariances[c] ?? 0) + variance / shardCount;
    }
  }
  expect(cluster.model.stateLayout.entries.map(({ name }) => name.split("/")[1])).toEqual([
    "moving_mean",
    "moving_variance",
  ]);
  return [
    ...batchMeans.map((mean) => (1 - MOMENTUM) * mean),
    ...batchVariances.map((variance) => MOMENTUM + (1 - MOMENTUM) * variance),
  ];
}

function expectClose(values: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(values.length).toBe(wanted.length);
  for (let i = 0; i < values.length; i++) {
    expect(Math.abs((values[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-5);
  }
}

describe("Cluster with a batch normalisation", () => {
  for (const shardCount of [1, 3]) {
    test(`gradientStep() moves the averages by the mean of ${shardCount} shards' statistics, when training`, async () => {
      const cluster = await startCluster(shardCount);
      const wanted = computeMovingStatistics(cluster, shardCount);
      await cluster.gradientStep(request, criterion.createObjective(data.targets, 4));
      expectClose(cluster.state, wanted);
      await cluster.close();
    });

    test(`forward() and backward() move them once as well, when there are ${shardCount} shards`, async () => {
      const cluster = await startCluster(shardCount);
      const wanted = computeMovingStatistics(cluster, shardCount);
      const output = await cluster.forward(request);
      const { dOutput } = criterion.evaluate(output, data.targets);
      await cluster.backward(request, dOutput, { update: { learningRate: 0.1 } });
      expectClose(cluster.state, wanted);
      await cluster.close();
    });
  }

  test("leaves the state alone, when it evaluates or computes aside", async () => {
    const cluster = await startCluster(2);
    const before = [...cluster.state];
    const objective = criterion.createObjective(data.targets, 4);
    await cluster.forward({ ...request, training: false });
    await cluster.forward({ ...request, parameters: cluster.parameters.slice() });
    await cluster.gradientStep({ ...request, scratch: true }, objective);
    await cluster.gradientStep({ ...request, training: false }, objective, { update: { learningRate: 0.1 } });
    expect([...cluster.state]).toEqual(before);
    await cluster.close();
  });

  test("keeps the last good state, when a loss is not finite", async () => {
    const cluster = await startCluster(2);
    const before = [...cluster.state];
    cluster.parameters[12] = Number.NaN;
    const step = await cluster.gradientStep(request, criterion.createObjective(data.targets, 4));
    expect(step.isFinite).toBe(false);
    expect([...cluster.state]).toEqual(before);
    await cluster.close();
  });

  test("keeps the last good state, when the forward half of a split step is not finite", async () => {
    const cluster = await startCluster(2);
    const before = [...cluster.state];
    const task = makeTask({ samples: 48 });
    for (const { x } of task.sources.values()) x[40] = Number.NaN;
    const { data: outputs } = await cluster.forward({ ...request, samples: task });
    expect(outputs.some(Number.isNaN)).toBe(true);
    expect([...cluster.state]).toEqual(before);
    await cluster.forward(request);
    expect([...cluster.state]).not.toEqual(before);
    await cluster.close();
  });

  test("moves on two ranks as on one, and stays on both when one rank's loss is not finite", async () => {
    const objective = criterion.createObjective(data.targets, 4);
    const one = await startCluster(3);
    await one.gradientStep(request, objective);
    const ranks = createLocalRanks(2).map((exchange) => new Ranks(exchange));
    const both = await Promise.all(ranks.map((own) => startCluster(3, own)));
    await Promise.all(both.map((cluster) => cluster.gradientStep(request, objective)));
    for (const cluster of both) expect(cluster.state).toEqual(one.state);
    const task = makeTask({ samples: 48 });
    for (const { x } of task.sources.values()) x[40] = Number.NaN;
    const steps = both.map((cluster) => cluster.gradientStep({ ...request, samples: task }, objective));
    expect((await Promise.all(steps)).map((step) => step.isFinite)).toEqual([false, false]);
    for (const cluster of both) expect(cluster.state).toEqual(one.state);
    for (const cluster of [one, ...both]) await cluster.close();
  });

  test("moves as on one rank, in either way to step, when one of three is lost and the others go on", async () => {
    const one = await startCluster(3);
    const { exchanges, lose } = createElasticRanks(3);
    const three = await Promise.all(exchanges.map((exchange) => startCluster(3, new Ranks(exchange))));
    const work = async (cluster: Cluster) => {
      const output = await cluster.forward(request);
      const { dOutput } = criterion.evaluate(output, data.targets);
      await cluster.backward(request, dOutput, { update: { learningRate: 0.1 } });
      await cluster.gradientStep(request, criterion.createObjective(data.targets, 4));
      return cluster.state.slice();
    };
    const wanted = await work(one);
    const working = three.slice(0, 2).map(work);
    lose(2);
    expect(await Promise.all(working)).toEqual([wanted, wanted]);
    for (const cluster of [one, ...three]) await cluster.close();
  });

  test("refuses to train on one sample and names the layer", async () => {
    const cluster = await startCluster(2);
    const samples = data.subset([3]);
    const failure = cluster.gradientStep({ ...request, samples }, criterion.createObjective(samples.targets, 4));
    await expect(failure).rejects.toThrow(
      /at least 2 rows, as layer "batch_norm.*" normalizes by the batch's variance, got 1/,
    );
    await cluster.close();
  });
});
