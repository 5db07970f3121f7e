import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { AnchorHandle } from "../../src/cluster/handles/anchor_handle.ts";
import type { ReplicaGroup } from "../../src/cluster/protocol/replica_group.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 70 });
const request = { samples: data, training: true, dropoutStep: 3 };
const options = { model: { dropout: 0.5 } };

/** The hidden layer, before dropout. */
function nameHidden({ model }: Cluster): string {
  return model.layout.entries[0]?.name.split("/")[0] ?? "";
}

async function compare(cluster: Cluster, by: number) {
  const vectors = { parameters: cluster.parameters.map((value) => by * value), state: new Float32Array(0) };
  const objective = new CrossEntropyLoss({ classWeights: [1, 2, 0, 4] }).createObjective(data.targets, 4);
  const anchor = { layerName: nameHidden(cluster), vectors, factor: 0.7 };
  const { objective: plain } = await cluster.gradientStep(request, objective);
  const before = cluster.gradient.slice();
  const { objective: anchored } = await cluster.gradientStep({ ...request, anchor }, objective);
  const moved = cluster.gradient.map((value, i) => value - (before[i] ?? 0));
  const own = { samples: data, training: false, dropoutStep: 0 };
  const features = await cluster.activations(own, anchor.layerName);
  const old = await cluster.activations({ ...own, parameters: vectors.parameters }, anchor.layerName);
  const wanted = features.data.reduce((sum, value, i) => sum + (value - (old.data[i] ?? 0)) ** 2, 0);
  return { gradient: cluster.gradient.slice(), moved, distance: anchored - plain, wanted: (0.7 * wanted) / 70 };
}

describe("ComputeRequest.anchor", () => {
  test("adds the mean distance of features, whatever the classes weigh, with the same bits on any workers", async () => {
    const results = [];
    for (const workers of [0, 2]) {
      const cluster = await startMadeCluster({ workers, logicalShards: 3 }, options);
      const near = await compare(cluster, 1);
      expect(near.distance).toBe(0);
      expect(near.moved.every((value) => value === 0)).toBe(true);
      // Other vectors take the place of those before.
      const far = await compare(cluster, 0.5);
      expect(far.wanted).toBeGreaterThan(0.01);
      expect(Math.abs(far.distance - far.wanted)).toBeLessThan(1e-5);
      // The head has no part in features.
      const hidden = 6 * 8 + 8;
      expect(far.moved.subarray(hidden).every((value) => value === 0)).toBe(true);
      expect(far.moved.subarray(0, hidden).some((value) => Math.abs(value) > 1e-3)).toBe(true);
      results.push(far.gradient);
      await cluster.close();
    }
    expect(results[1]).toEqual(results[0] ?? new Float32Array(0));
  });

  test("leaves the update out where a distance is not finite", async () => {
    const cluster = await startMadeCluster({ workers: 0 }, options);
    const before = cluster.parameters.slice();
    const vectors = { parameters: before.map(() => Number.POSITIVE_INFINITY), state: new Float32Array(0) };
    const anchor = { layerName: nameHidden(cluster), vectors, factor: 1 };
    const objective = new CrossEntropyLoss().createObjective(data.targets, 4);
    const step = await cluster.gradientStep({ ...request, anchor }, objective, { update: { learningRate: 1 } });
    expect(step.isFinite).toBe(false);
    expect(cluster.parameters.slice()).toEqual(before);
    await cluster.close();
  });

  test("can be of a layer that the engine can hold, in float32", async () => {
    const cluster = await startMadeCluster({ workers: 1 }, options);
    expect(await cluster.anchors.findWidth(nameHidden(cluster))).toBe(8);
    expect(await cluster.anchors.findWidth("nowhere")).toBeUndefined();
    await cluster.close();
    const other = await startMadeCluster({ workers: 0, engine: "tfjs" }, options);
    expect(await other.anchors.findWidth(nameHidden(other))).toBeUndefined();
    await other.close();
    const asking: string[] = [];
    const group: ReplicaGroup = {
      engine: "made",
      send: async () => {},
      query: async (question) => {
        asking.push(question.kind);
        return { kind: "shape", shape: [2, 3] };
      },
      run: async () => {},
      bringBack: () => {},
      close: async () => {},
    };
    expect(await new AnchorHandle(group, { precision: "float16" }).findWidth("any")).toBeUndefined();
    expect(asking).toEqual([]);
    expect(await new AnchorHandle(group, { precision: "float32" }).findWidth("any")).toBe(6);
  });
});
