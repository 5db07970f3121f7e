import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { findEntry, viewEntry } from "../../src/core/parameter_layout.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { SMALL_MLP, startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 70 });
const request = { samples: data, training: false, dropoutStep: 0 };

/** The names of the hidden and of the last layer. */
function namesOf({ model }: Cluster): { readonly hidden: string; readonly last: string } {
  const names = model.layout.entries.map(({ name }) => name.split("/")[0] ?? "");
  return { hidden: names[0] ?? "", last: names.at(-1) ?? "" };
}

/** max(x · kernel + bias, 0) of the first layer, the slow way. */
function computeHiddenSlowly({ model }: Cluster, parameters: Float32Array): Float32Array {
  const hidden = model.layout.entries[0]?.name.split("/")[0];
  const [kernel, bias] = ["kernel", "bias"].map((name) =>
    viewEntry(parameters, findEntry(model.layout, `${hidden}/${name}`)),
  );
  const { data: x } = readSamples(data);
  return Float32Array.from({ length: data.length * SMALL_MLP.hiddenSize }, (_, i) => {
    const [row, unit] = [Math.floor(i / SMALL_MLP.hiddenSize), i % SMALL_MLP.hiddenSize];
    let sum = bias?.[unit] ?? Number.NaN;
    for (let j = 0; j < 6; j++) sum += (x[row * 6 + j] ?? 0) * (kernel?.[j * SMALL_MLP.hiddenSize + unit] ?? 0);
    return Math.max(0, sum);
  });
}

function measureDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

describe("Cluster.activations()", () => {
  const clusters: Cluster[] = [];
  beforeAll(async () => {
    clusters.push(await startMadeCluster({ workers: 0, logicalShards: 1 }));
    clusters.push(await startMadeCluster({ workers: 0, logicalShards: 3 }));
    clusters.push(await startMadeCluster({ workers: 2, logicalShards: 3 }));
    clusters.push(await startMadeCluster({ workers: 0, engine: "tfjs" }));
  });
  afterAll(async () => {
    for (const cluster of clusters) await cluster.close();
  });

  test("gives the hidden units of every sample, whatever the shards, the workers and the engine", async () => {
    for (const cluster of clusters) {
      const { data: values, shape } = await cluster.activations(request, namesOf(cluster).hidden);
      expect(shape).toEqual([70, 8]);
      expect(measureDifference(values, computeHiddenSlowly(cluster, cluster.parameters))).toBeLessThan(1e-5);
    }
  });

  test("gives the outputs for the last layer, and goes from layer to layer and from size to size", async () => {
    for (const cluster of clusters) {
      const { hidden, last } = namesOf(cluster);
      for (const size of [70, 5, 33, 70]) {
        const own = { ...request, samples: data.subset(Array.from({ length: size }, (_, i) => i)) };
        const outputs = await cluster.forward(own);
        expect(measureDifference((await cluster.activations(own, last)).data, outputs.data)).toBeLessThan(1e-5);
        expect((await cluster.activations(own, hidden)).shape).toEqual([size, 8]);
      }
    }
  });

  test("goes by the parameters that it is given, and leaves the gradient alone", async () => {
    for (const cluster of clusters) {
      const objective = new CrossEntropyLoss().createObjective(data.targets, 4);
      await cluster.gradientStep(request, objective);
      const gradient = cluster.gradient.slice();
      const parameters = cluster.parameters.map((value) => 0.5 - value);
      const { data: values } = await cluster.activations({ ...request, parameters }, namesOf(cluster).hidden);
      expect(measureDifference(values, computeHiddenSlowly(cluster, parameters))).toBeLessThan(1e-5);
      expect(measureDifference(cluster.gradient, gradient)).toBe(0);
    }
  });

  test("refuses layers that there are not, by their nearest name, and goes on afterwards", async () => {
    for (const cluster of clusters) {
      const { hidden } = namesOf(cluster);
      const error = await cluster.activations(request, `${hidden}x`).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(`did you mean ${hidden}`);
      expect((await cluster.activations(request, hidden)).shape).toEqual([70, 8]);
    }
  });

  test("goes on with a replica that takes a lost one's place", async () => {
    const workerEntry = new URL("./supervision/throwing_replica.ts", import.meta.url);
    const cluster = await startMadeCluster({ workers: 2, logicalShards: 2, workerEntry, maxRestarts: 20 });
    const { hidden } = namesOf(cluster);
    for (let call = 0; call < 5; call++) {
      // Other values at every call: what the call before has left must not pass.
      const parameters = cluster.parameters.map((value) => value + call);
      const { data: values } = await cluster.activations({ ...request, parameters }, hidden);
      expect(measureDifference(values, computeHiddenSlowly(cluster, parameters))).toBeLessThan(1e-4);
    }
    await cluster.close();
  });
});
