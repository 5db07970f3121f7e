import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../src/cluster/cluster.ts";
import { resolveClusterOptions } from "../../src/cluster/cluster_options.ts";
import { copyToSharedInt32, createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 70 });
const request = { samples: data, training: false, dropoutStep: 0 };
const dOutput = Float32Array.from({ length: 70 * 4 }, (_, i) => Math.cos(i));

/** Σ dOutput · outputs of one row whose sample is moved along one axis: the slope, by central differences. */
async function differentiateSlowly(cluster: Cluster, row: number): Promise<number[]> {
  const x = readSamples(data.subset([row])).data;
  const slopes: number[] = [];
  for (let i = 0; i < 6; i++) {
    const values = [1e-2, -1e-2].map((by) => x.map((value, j) => (j === i ? value + by : value)));
    const moved = createSharedFloat32(12);
    moved.set(values.flatMap((sample) => [...sample]));
    const parts = { name: "moved", sampleShape: [6], taskLabel: 0, transforms: [] };
    const source = createDataSource({ ...parts, x: moved, y: copyToSharedInt32([0, 0]) });
    const outputs = await cluster.forward({ ...request, samples: Dataset.fromSource(source) });
    const [up = 0, down = 0] = [0, 1].map((half) =>
      [0, 1, 2, 3].reduce((sum, c) => sum + (outputs.data[4 * half + c] ?? 0) * (dOutput[4 * row + c] ?? 0), 0),
    );
    slopes.push((up - down) / 2e-2);
  }
  return slopes;
}

describe("RowResults.inputGradients()", () => {
  test("gives each sample's gradient, the same whatever the workers, and leaves the parameters' alone", async () => {
    const single = await startMadeCluster({ workers: 0, logicalShards: 3 });
    const wanted = await single.rowResults.inputGradients(request, dOutput);
    expect(wanted.shape).toEqual([70, 6]);
    for (const row of [0, 30, 69]) {
      const slow = await differentiateSlowly(single, row);
      const made = wanted.data.subarray(6 * row, 6 * row + 6);
      // A kink of a relu may lie on the way.
      expect(slow.filter((slope, i) => Math.abs(slope - (made[i] ?? 0)) > 1e-2).length).toBeLessThanOrEqual(1);
    }
    await single.backward(request, dOutput);
    const before = single.gradient.slice();
    await single.rowResults.inputGradients(request, dOutput);
    expect(single.gradient.slice()).toEqual(before);
    await single.close();
    const pair = await startMadeCluster({ workers: 2, logicalShards: 3 });
    for (const size of [70, 4, 70]) {
      const samples = data.subset(Array.from({ length: size }, (_, i) => i));
      const made = await pair.rowResults.inputGradients({ ...request, samples }, dOutput.slice(0, 4 * size));
      expect(made.shape).toEqual([size, 6]);
      if (size === 70) expect(made.data).toEqual(wanted.data);
    }
    await pair.close();
    const reference = await startMadeCluster({ workers: 0, engine: "tfjs" });
    const other = await reference.rowResults.inputGradients(request, dOutput);
    expect(other.data.every((value, i) => Math.abs(value - (wanted.data[i] ?? 0)) < 1e-4)).toBe(true);
    await reference.close();
  });

  test("goes by the parameters that it is given", async () => {
    const cluster = await startMadeCluster({ workers: 2, logicalShards: 2 });
    const parameters = cluster.parameters.map((value) => 2 * value);
    const moved = await cluster.rowResults.inputGradients({ ...request, parameters }, dOutput);
    cluster.parameters.set(parameters);
    expect((await cluster.rowResults.inputGradients(request, dOutput)).data).toEqual(moved.data);
    await cluster.close();
  });

  test("refuses a model that takes samples for ids, and goes on", async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.embedding({ inputDim: 5, outputDim: 4, inputShape: [6] }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4 }),
      ],
    });
    const snapshot = { ...flattenWeights(model), outputSize: 4 };
    const training = { optimizer: new SGD({ learningRate: 0.1 }), seed: 1 };
    for (const options of [{ workers: 0 }, { workers: 1 }, { workers: 0, engine: "tfjs" }] as const) {
      const cluster = await Cluster.start(snapshot, resolveClusterOptions(options), training);
      const error = await cluster.rowResults.inputGradients(request, dOutput).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain("are ids");
      await cluster.close();
    }
  });
});
