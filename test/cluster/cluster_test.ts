import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { createQuadraticPenalty } from "../../src/cluster/penalty.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { collectGarbage } from "../support/collect_garbage.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 128 });
const criterion = new CrossEntropyLoss();

function objectiveOf(samples: { readonly targets: Int32Array }) {
  return criterion.createObjective(samples.targets, 4);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

describe("Cluster, K replicas against one", () => {
  const clusters: Cluster[] = [];
  beforeAll(async () => {
    clusters.push(await startMadeCluster({ workers: 0, logicalShards: 1 }));
    clusters.push(await startMadeCluster({ workers: 0, logicalShards: 3 }));
    clusters.push(await startMadeCluster({ workers: 1, logicalShards: 3 }));
    clusters.push(await startMadeCluster({ workers: 2, logicalShards: 3 }));
  });
  afterAll(async () => {
    for (const cluster of clusters) await cluster.close();
  });

  test("gradientStep() of shards gives the joined batch's gradient, whatever the shard sizes", async () => {
    const [whole, ...sharded] = clusters;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(127), { minLength: 1, maxLength: 100 }), async (rows) => {
        const request = { samples: data.subset(rows), training: false, dropoutStep: 0 };
        const reference = await whole?.gradientStep(request, objectiveOf(request.samples));
        for (const cluster of sharded) {
          const result = await cluster.gradientStep(request, objectiveOf(request.samples));
          expect(result.objective).toBeCloseTo(reference?.objective ?? Number.NaN, 4);
          expect(largestDifference(result.output.data, reference?.output.data ?? new Float32Array())).toBeLessThan(
            1e-4,
          );
          expect(largestDifference(cluster.gradient, whole?.gradient ?? new Float32Array())).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("forward() reads any number of sources, and keeps few of those that nobody else keeps", async () => {
    for (const workers of [0, 1]) {
      const cluster = await startMadeCluster({ workers });
      const forward = (samples: typeof data) => cluster.forward({ samples, training: false, dropoutStep: 0 });
      const kept = makeTask({ samples: 3 });
      const expected = await forward(kept);
      const refs: WeakRef<object>[] = [];
      for (let i = 0; i < 700; i++) {
        const passing = makeTask({ samples: 1, seed: i });
        refs.push(...[...passing.sources.values()].map((source) => new WeakRef(source)));
        await forward(passing);
      }
      expect(await forward(Dataset.concat([kept, kept.subset([0])]).subset([0, 1, 2]))).toEqual(expected);
      await new Promise((resolve) => setTimeout(resolve));
      collectGarbage();
      expect(refs.filter((ref) => ref.deref()).length).toBeLessThan(300);
      await cluster.close();
    }
  });

  test("gradientStep() gives bit-identical gradients on 0, 1 and 2 workers with the same shards", async () => {
    const samples = data.subset(Array.from({ length: 77 }, (_, i) => i));
    const gradients: Float32Array[] = [];
    for (const cluster of clusters.slice(1)) {
      await cluster.gradientStep({ samples, training: true, dropoutStep: 3 }, objectiveOf(samples));
      gradients.push(cluster.gradient.slice());
    }
    expect(gradients[1]).toEqual(gradients[0]);
    expect(gradients[2]).toEqual(gradients[0]);
  });

  test("backward() of the loss's own dOutput equals the fused step", async () => {
    for (const cluster of clusters) {
      const samples = data.subset(Array.from({ length: 50 }, (_, i) => i));
      const request = { samples, training: true, dropoutStep: 7 };
      await cluster.gradientStep(request, objectiveOf(samples));
      const fused = cluster.gradient.slice();
      const output = await cluster.forward(request);
      await cluster.backward(request, criterion.evaluate(output, samples.targets).dOutput);
      expect(largestDifference(cluster.gradient, fused)).toBeLessThan(1e-6);
    }
  });

  test("gradientStep() with scratch leaves the training gradient alone", async () => {
    for (const cluster of clusters) {
      const samples = data.subset([1, 2, 3]);
      await cluster.gradientStep({ samples, training: false, dropoutStep: 0 }, objectiveOf(samples));
      const training = cluster.gradient.slice();
      const others = data.subset(Array.from({ length: 60 }, (_, i) => i + 40));
      await cluster.gradientStep(
        { samples: others, training: false, dropoutStep: 0, scratch: true },
        objectiveOf(others),
      );
      expect(cluster.gradient.slice()).toEqual(training);
      expect(largestDifference(cluster.scratchGradient, training)).toBeGreaterThan(1e-3);
    }
  });

  test("forward() with other parameters uses them and leaves the model's own in place", async () => {
    for (const cluster of clusters) {
      const samples = data.subset([4, 5]);
      const request = { samples, training: false, dropoutStep: 0 };
      const own = await cluster.forward(request);
      const zeros = await cluster.forward({ ...request, parameters: new Float32Array(cluster.parameters.length) });
      expect([...zeros.data]).toEqual(Array(8).fill(0));
      expect((await cluster.forward(request)).data).toEqual(own.data);
      const wrong = cluster.forward({ ...request, parameters: new Float32Array(3) });
      await expect(wrong).rejects.toThrow("parameters must have");
    }
  });

  test("forward() of no samples is refused", async () => {
    const request = { samples: data.subset([]), training: false, dropoutStep: 0 };
    await expect(clusters[0]?.forward(request)).rejects.toThrow("at least one sample");
  });
});

describe("Cluster, training", () => {
  test("steps with penalties and Adam give bit-identical parameters and penalty values on 0, 1 and 2 workers", async () => {
    const results: { parameters: Float32Array; values: number[] }[] = [];
    for (const workers of [0, 1, 2]) {
      const optimizer = new Adam({ learningRate: 0.01 });
      const model = { dropout: 0.3, hiddenSize: 4000 };
      const cluster = await startMadeCluster({ workers, logicalShards: 2 }, { model, optimizer });
      const penalty = createQuadraticPenalty(cluster.parameters.length);
      penalty.a.fill(0.5);
      penalty.b.fill(0.1);
      cluster.penalties.add(penalty);
      const values: number[] = [];
      for (let step = 0; step < 4; step++) {
        const samples = data.subset(Array.from({ length: 33 + step }, (_, i) => i + step));
        const request = { samples, training: true, dropoutStep: step };
        await cluster.gradientStep(request, objectiveOf(samples), { penalties: true, update: { learningRate: 0.01 } });
        values.push(cluster.penalties.sumLastStep());
      }
      results.push({ parameters: cluster.parameters.slice(), values });
      await cluster.close();
    }
    expect(results[1]).toEqual(results[0] ?? { parameters: new Float32Array(), values: [] });
    expect(results[2]).toEqual(results[0] ?? { parameters: new Float32Array(), values: [] });
  });

  test("gradientStep() with a loss that is not finite makes no update", async () => {
    for (const workers of [0, 2]) {
      const cluster = await startMadeCluster({ workers, logicalShards: 2 });
      cluster.parameters[0] = Number.NaN;
      const before = cluster.parameters.slice();
      const samples = data.subset(Array.from({ length: 40 }, (_, i) => i));
      const request = { samples, training: true, dropoutStep: 0 };
      const result = await cluster.gradientStep(request, objectiveOf(samples), { update: { learningRate: 1 } });
      expect(result.isFinite).toBe(false);
      expect(new Uint32Array(cluster.parameters.slice().buffer)).toEqual(new Uint32Array(before.buffer));
      await cluster.close();
    }
  });
});
