import { afterAll, describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import type { DeviceTraffic } from "../../../src/engine/device/device_memory.ts";
import { Adagrad } from "../../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../../src/optimizers/adam.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { RMSprop } from "../../../src/optimizers/rmsprop.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const data = makeTask({ samples: 64 });
const criterion = new CrossEntropyLoss();
const open: Cluster[] = [];
afterAll(async () => {
  for (const cluster of open) await cluster.close();
});

async function startPair(optimizer: Optimizer, { workers = 0, logicalShards = 1 } = {}) {
  const pair = [];
  for (const devices of [["cpu"], ["cpu-resident"]]) {
    const cluster = await startMadeCluster({ workers, logicalShards, devices }, { optimizer });
    open.push(cluster);
    pair.push(cluster);
  }
  const [host, resident] = pair;
  if (!host || !resident) throw new Error("there are no clusters");
  return { host, resident };
}

async function step(cluster: Cluster, optimizer: Optimizer, index: number) {
  const samples = data.subset(Array.from({ length: 40 }, (_, i) => (i + 7 * index) % 64));
  const request = { samples, training: true, dropoutStep: index };
  const result = await cluster.gradientStep(request, criterion.createObjective(samples.targets, 4), {
    penalties: true,
    update: optimizer,
  });
  return { ...result, penalty: cluster.penalties.sumLastStep() };
}

const OPTIMIZERS: readonly (readonly [string, Optimizer])[] = [
  ["SGD", new SGD({ learningRate: 0.1, weightDecay: 0.01 })],
  ["SGD with momentum", new SGD({ learningRate: 0.1, momentum: 0.9 })],
  ["SGD with dampening", new SGD({ learningRate: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.02 })],
  ["SGD with Nesterov's momentum", new SGD({ learningRate: 0.1, momentum: 0.8, nesterov: true })],
  ["Adam", new Adam({ weightDecay: 0.1 })],
  ["AdamW", new AdamW({ learningRate: 0.01 })],
  ["RMSprop", new RMSprop({ momentum: 0.6 })],
  ["centred RMSprop", new RMSprop({ centered: true, weightDecay: 0.01 })],
  ["Adagrad", new Adagrad({ learningRateDecay: 0.1 })],
  [
    "groups",
    new SGD({
      learningRate: 0.1,
      momentum: 0.9,
      groups: [{ parameters: "*/bias", learningRate: 0.01, momentum: 0 }],
    }),
  ],
];

describe("Cluster with vectors on a device", () => {
  for (const [name, optimizer] of OPTIMIZERS) {
    test(`steps to the same bits as in shared memory, with ${name}`, async () => {
      const { host, resident } = await startPair(optimizer, { logicalShards: 2 });
      for (const cluster of [host, resident]) {
        const penalty = createQuadraticPenalty(cluster.parameters.length);
        penalty.a.fill(0.5);
        penalty.b.fill(0.1);
        penalty.c = 2;
        cluster.penalties.add(penalty);
      }
      for (let index = 0; index < 6; index++) {
        const [wanted, got] = [await step(host, optimizer, index), await step(resident, optimizer, index)];
        expect(got.output).toEqual(wanted.output);
        expect(got.objective).toBe(wanted.objective);
        expect(Math.abs(got.penalty - wanted.penalty)).toBeLessThan(1e-9);
      }
      expect(resident.parameters).toEqual(host.parameters);
      expect(resident.gradient).toEqual(host.gradient);
      expect(resident.optimizerState).toEqual(host.optimizerState);
    });
  }

  test("copies samples, targets and weights to the device and outputs and losses back, and nothing else", async () => {
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const { resident } = await startPair(optimizer);
    await step(resident, optimizer, 0);
    for (let index = 1; index < 4; index++) {
      const before = await readTraffic(resident);
      await step(resident, optimizer, index);
      const after = await readTraffic(resident);
      expect(after.uploads - before.uploads).toBe(3);
      expect(after.uploadedBytes - before.uploadedBytes).toBe(40 * (6 + 4 + 1) * 4);
      expect(after.downloads - before.downloads).toBe(2);
      expect(after.downloadedBytes - before.downloadedBytes).toBe(40 * (4 + 1) * 4);
    }
  });

  test("copies a vector back when somebody looks, once, and to the device with the next step", async () => {
    const optimizer = new Adam();
    const { resident } = await startPair(optimizer);
    await step(resident, optimizer, 0);
    await step(resident, optimizer, 1);
    const plain = await countStep(resident, optimizer, 2);
    const before = await readTraffic(resident);
    expect(resident.parameters).toBe(resident.parameters);
    const looked = await readTraffic(resident);
    expect([looked.downloads - before.downloads, looked.uploads - before.uploads]).toEqual([1, 0]);
    expect(await countStep(resident, optimizer, 3)).toEqual({ ...plain, uploads: plain.uploads + 1 });
    expect(await countStep(resident, optimizer, 4)).toEqual(plain);
    // Two vectors of state.
    expect(resident.optimizerState.length).toBe(2);
    expect(await countStep(resident, optimizer, 5)).toEqual({ ...plain, uploads: plain.uploads + 2 });
    // What is computed anew is not brought there.
    expect(resident.gradient.some((value) => value !== 0)).toBe(true);
    expect(await countStep(resident, optimizer, 6)).toEqual(plain);
    const samples = data.subset([1, 2, 3]);
    await resident.forward({ samples, training: false, dropoutStep: 0 });
    expect(await countStep(resident, optimizer, 7)).toEqual(plain);
  });

  test("takes what is written to parameters, gradient, optimizer and penalty, as in shared memory", async () => {
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const { host, resident } = await startPair(optimizer, { logicalShards: 2 });
    for (const cluster of [host, resident]) {
      const penalty = createQuadraticPenalty(cluster.parameters.length);
      penalty.a.fill(0.2);
      cluster.penalties.add(penalty);
      const samples = data.subset(Array.from({ length: 40 }, (_, i) => i));
      const objective = criterion.createObjective(samples.targets, 4);
      for (let index = 0; index < 4; index++) {
        const request = { samples, training: true, dropoutStep: index };
        await cluster.gradientStep(request, objective, { penalties: true });
        if (index % 2 === 0) cluster.gradient.set(cluster.gradient.map((value) => Math.min(value, 0.01)));
        await cluster.update(optimizer);
        if (index === 1) cluster.parameters.fill(0.125, 3, 9);
        if (index === 2) cluster.optimizerState[0]?.fill(0.5, 0, 5);
        penalty.b.fill(index / 8, 0, 20);
      }
      cluster.resetOptimizer();
      await cluster.gradientStep({ samples, training: true, dropoutStep: 4 }, objective, { update: optimizer });
    }
    expect(resident.parameters).toEqual(host.parameters);
    expect(resident.gradient).toEqual(host.gradient);
    expect(resident.optimizerState).toEqual(host.optimizerState);
  });

  test("computes beside the training step what is computed in shared memory", async () => {
    const optimizer = new SGD({ learningRate: 0.1 });
    const { host, resident } = await startPair(optimizer, { logicalShards: 3 });
    const results = [];
    for (const cluster of [host, resident]) {
      await step(cluster, optimizer, 0);
      const samples = data.subset([4, 9, 16]);
      const request = { samples, training: false, dropoutStep: 0 };
      const dOutput = Float32Array.from({ length: 12 }, (_, i) => i / 8 - 0.5);
      const other = cluster.parameters.map((value) => value / 2);
      await step(cluster, optimizer, 1);
      const found = [
        (await cluster.forward(request)).data,
        (await cluster.rowResults.inputGradients(request, dOutput)).data,
      ];
      found.push((await cluster.forward({ ...request, parameters: other })).data);
      found.push((await cluster.activations(request, "fc0")).data);
      found.push((await cluster.rowResults.factors(request, dOutput)).data);
      await cluster.backward({ ...request, scratch: true }, dOutput);
      found.push(cluster.scratchGradient.slice());
      await cluster.backward({ ...request, scratch: true, perSample: true }, dOutput);
      found.push(cluster.gradientOfSample(2).slice());
      await cluster.backward({ ...request, scratch: true, rowMeasure: "square" }, dOutput);
      found.push(cluster.scratchGradient.slice());
      await step(cluster, optimizer, 2);
      found.push(cluster.gradient.slice(), cluster.parameters.slice());
      results.push(found);
    }
    expect(results[1]).toEqual(results[0] ?? []);
  });

  test("leaves a step out whose loss is not finite", async () => {
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const { host, resident } = await startPair(optimizer);
    for (const cluster of [host, resident]) {
      await step(cluster, optimizer, 0);
      cluster.parameters[3] = Number.NaN;
      expect((await step(cluster, optimizer, 1)).isFinite).toBe(false);
      cluster.parameters[3] = 0.25;
      await step(cluster, optimizer, 2);
    }
    expect(resident.parameters).toEqual(host.parameters);
  });

  test("gives the same bits in a Worker, which brings vectors back while the coordinator waits", async () => {
    const optimizer = new Adam();
    const { host, resident } = await startPair(optimizer, { workers: 1, logicalShards: 2 });
    for (let index = 0; index < 5; index++) {
      for (const cluster of [host, resident]) await step(cluster, optimizer, index);
      if (index % 2 === 0) expect(resident.parameters).toEqual(host.parameters);
    }
    expect(resident.optimizerState).toEqual(host.optimizerState);
    expect((await readTraffic(resident)).downloads).toBeGreaterThan(10);
  });

  test("keeps vectors in shared memory, where there are two replicas or one that may be replaced", async () => {
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const devices = ["cpu-resident"];
    const plain = await startMadeCluster({ workers: 0, logicalShards: 2 }, { optimizer });
    const several = await startMadeCluster({ workers: 2, logicalShards: 2, devices }, { optimizer });
    const replaced = await startMadeCluster({ workers: 1, logicalShards: 2, devices, maxRestarts: 1 }, { optimizer });
    open.push(plain, several, replaced);
    for (const cluster of [plain, several, replaced]) {
      for (let index = 0; index < 3; index++) await step(cluster, optimizer, index);
    }
    expect(several.parameters).toEqual(plain.parameters);
    expect(replaced.parameters).toEqual(plain.parameters);
    // Parameters go there and the gradient comes back at every step.
    const before = await readTraffic(replaced);
    await step(replaced, optimizer, 3);
    const after = await readTraffic(replaced);
    const vectorBytes = replaced.parameters.length * 4;
    expect(after.uploadedBytes - before.uploadedBytes).toBeGreaterThan(vectorBytes);
    expect(after.downloadedBytes - before.downloadedBytes).toBeGreaterThan(vectorBytes);
  });
});

async function readTraffic(cluster: Cluster): Promise<DeviceTraffic> {
  const traffic = await cluster.resident.readTraffic();
  if (!traffic) throw new Error("the vectors are not on a device");
  return traffic;
}

async function countStep(cluster: Cluster, optimizer: Optimizer, index: number) {
  const before = await readTraffic(cluster);
  await step(cluster, optimizer, index);
  const after = await readTraffic(cluster);
  return { uploads: after.uploads - before.uploads, downloads: after.downloads - before.downloads };
}
