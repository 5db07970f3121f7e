import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { createQuadraticPenalty, type QuadraticPenalty } from "../../src/cluster/penalty.ts";
import { remapVector } from "../../src/core/remap_vector.ts";
import { growSnapshot } from "../../src/models/growth/grow_snapshot.ts";
import { growHead, listGrowingHeads } from "../../src/models/growth/growing_head.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { catchError } from "../engine/engine_fixtures.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 96 });
const criterion = new CrossEntropyLoss();
const INCREMENTAL = { incremental: true, initialUnits: 4, numClasses: 4, dropout: 0.3 } as const;

/** A training step with penalties and update on 40 samples. */
async function step(cluster: Cluster, dropoutStep: number): Promise<void> {
  const samples = data.subset(Array.from({ length: 40 }, (_, i) => (i + 7 * dropoutStep) % 96));
  const objective = criterion.createObjective(samples.targets, cluster.model.outputSize);
  const request = { samples, training: true, dropoutStep };
  await cluster.gradientStep(request, objective, { penalties: true, update: { learningRate: 0.05 } });
}

/** The same model with `units` outputs, loaded in place of the old. */
async function grow(cluster: Cluster, units: number): Promise<void> {
  const { parameters, state } = cluster;
  const classes = new Map([[0, [units - 1]]]);
  const heads = listGrowingHeads(cluster.model.topology).map((head) => growHead(head, classes));
  const grown = growSnapshot({ ...cluster.model, parameters, state }, { heads, seed: 1 });
  await cluster.replaceModel({ ...grown, outputSize: units });
}

/** A penalty on every parameter, added to the training steps. */
function addPenalty(cluster: Cluster): QuadraticPenalty {
  const penalty = createQuadraticPenalty(cluster.parameters.length);
  penalty.a.fill(0.5);
  penalty.b.fill(0.1);
  cluster.penalties.add(penalty);
  return penalty;
}

describe("Cluster.replaceModel()", () => {
  test("gives bit-identical parameters, penalties and optimizer state on 0, 1 and 2 workers, when called in the middle", async () => {
    const results: unknown[] = [];
    for (const workers of [0, 1, 2]) {
      const options = { model: INCREMENTAL, optimizer: new Adam() };
      const cluster = await startMadeCluster({ workers, logicalShards: 2 }, options);
      addPenalty(cluster);
      cluster.state.fill(1);
      await step(cluster, 0);
      await step(cluster, 1);
      await grow(cluster, 6);
      await step(cluster, 2);
      await grow(cluster, 9);
      await step(cluster, 3);
      results.push({
        parameters: cluster.parameters.slice(),
        state: cluster.state.slice(),
        optimizer: cluster.optimizerState.map((vector) => vector.slice()),
        penalty: cluster.penalties.sumLastStep(),
      });
      await cluster.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("moves penalties and optimizer vectors with their tensors, and keeps outputs, when units are added", async () => {
    for (const workers of [0, 1]) {
      const cluster = await startMadeCluster({ workers }, { model: INCREMENTAL, optimizer: new Adam() });
      const penalty = createQuadraticPenalty(cluster.parameters.length);
      penalty.a.forEach((_, i) => {
        penalty.a[i] = i;
        penalty.b[i] = -i;
      });
      cluster.penalties.add(penalty);
      cluster.state.fill(1);
      await step(cluster, 0);
      const request = { samples: data, training: false, dropoutStep: 0 };
      const before = {
        outputs: (await cluster.forward(request)).data,
        layout: cluster.model.layout,
        moments: cluster.optimizerState.map((vector) => vector.slice()),
        a: penalty.a.slice(),
        b: penalty.b.slice(),
      };
      await grow(cluster, 6);
      const change = { from: before.layout, to: cluster.model.layout };
      expect(change.to.size).toBe(change.from.size + 2 * 8 + 2);
      for (const [i, moment] of before.moments.entries()) {
        expect(cluster.optimizerState[i]?.slice()).toEqual(remapVector(moment, change));
      }
      expect(penalty.a.slice()).toEqual(remapVector(before.a, change));
      expect(penalty.b.slice()).toEqual(remapVector(before.b, change));
      const { data: outputs, shape } = await cluster.forward(request);
      expect(shape).toEqual([96, 6]);
      outputs.forEach((value, i) => {
        const [row, unit] = [Math.floor(i / 6), i % 6];
        expect(value).toBe(unit < 4 ? (before.outputs[row * 4 + unit] ?? Number.NaN) : -1000);
      });
      await cluster.close();
    }
  });

  test("goes on as a cluster does that was started with the wider model and the same vectors", async () => {
    for (const workers of [0, 1]) {
      const options = { model: INCREMENTAL, optimizer: new Adam() };
      const grown = await startMadeCluster({ workers, logicalShards: 2 }, options);
      const penalty = addPenalty(grown);
      grown.state.fill(1);
      await step(grown, 0);
      await grow(grown, 6);
      const started = await startMadeCluster(
        { workers, logicalShards: 2 },
        { ...options, model: { ...INCREMENTAL, initialUnits: 6, numClasses: 6 } },
      );
      started.parameters.set(grown.parameters);
      started.state.set(grown.state);
      for (const [i, moment] of grown.optimizerState.entries()) started.optimizerState[i]?.set(moment);
      started.stepCount = grown.stepCount;
      started.penalties.add({ ...createQuadraticPenalty(started.parameters.length), a: penalty.a, b: penalty.b });
      await step(grown, 1);
      await step(started, 1);
      expect(grown.parameters.slice()).toEqual(started.parameters.slice());
      expect(grown.optimizerState.map((moment) => moment.slice())).toEqual(
        started.optimizerState.map((moment) => moment.slice()),
      );
      expect(grown.penalties.sumLastStep()).toBe(started.penalties.sumLastStep());
      await grown.close();
      await started.close();
    }
  });

  test("forgets other vectors and the scratch gradient, when they had the old length", async () => {
    const cluster = await startMadeCluster({ workers: 1 }, { model: INCREMENTAL });
    const request = { samples: data.subset([0, 1]), training: false, dropoutStep: 0 };
    const objective = () => criterion.createObjective(request.samples.targets, cluster.model.outputSize);
    const zeros = new Float32Array(cluster.parameters.length);
    await cluster.forward({ ...request, parameters: zeros });
    await cluster.gradientStep({ ...request, scratch: true }, objective());
    await grow(cluster, 5);
    const refusal = await catchError(cluster.forward({ ...request, parameters: zeros }));
    expect(String(refusal)).toContain("parameters must have");
    const longer = new Float32Array(cluster.parameters.length);
    expect((await cluster.forward({ ...request, parameters: longer })).shape).toEqual([2, 5]);
    await cluster.gradientStep({ ...request, scratch: true }, objective());
    expect(cluster.scratchGradient.length).toBe(cluster.parameters.length);
    await cluster.close();
  });

  const UNREADABLE = { class_name: "Sequential", config: {} };

  test("leaves the cluster as it was, when the model cannot be read", async () => {
    const cluster = await startMadeCluster({ workers: 1 }, { model: INCREMENTAL });
    const { parameters, state } = cluster;
    const failure = await catchError(
      cluster.replaceModel({ ...cluster.model, parameters, state, topology: UNREADABLE }),
    );
    expect(String(failure)).toContain("the model's topology needs");
    await cluster.update({ learningRate: 0.1 });
    expect(cluster.stepCount).toBe(1);
    await cluster.close();
  });

  test("closes the cluster and says why, when a replica cannot load the model", async () => {
    const cluster = await startMadeCluster({ workers: 1, engine: "tfjs" }, { model: INCREMENTAL });
    const { parameters, state } = cluster;
    const failure = await catchError(
      cluster.replaceModel({ ...cluster.model, parameters, state, topology: UNREADABLE }),
    );
    expect(String(failure)).toContain("config data for a Sequential model");
    expect(String(await catchError(cluster.update({ learningRate: 0.1 })))).toContain("the replicas were closed");
  });
});
