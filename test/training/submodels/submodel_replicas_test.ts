import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { findFeatureLayer } from "../../../src/training/model/named_layer.ts";
import { findFeatureReplicas } from "../../../src/training/submodels/find_feature_replicas.ts";
import { findRun } from "../../../src/training/submodels/submodel_replicas.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const { Worker: RuntimeWorker } = globalThis;
let started = 0;

/** How many Workers the replicas of the lower part start, and the features that they give. */
async function startLowerPart(cluster: ClusterOptions) {
  return withStrategy(new Naive(makeOptions({ cluster: { engine: "onnxruntime", ...cluster } })), async (strategy) => {
    await strategy.start();
    const before = started;
    const replicas = await findFeatureReplicas(strategy, findFeatureLayer(strategy.model));
    const { dataset } = makeBenchmark().testStream.at(0);
    const { data } = await replicas.forward(strategy.cluster, dataset);
    return { workers: started - before, features: [...data] };
  });
}

describe("replicas of a submodel", () => {
  beforeEach(() => {
    globalThis.Worker = class extends RuntimeWorker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        started += 1;
      }
    };
  });
  afterEach(() => {
    globalThis.Worker = RuntimeWorker;
  });

  test("compute in the coordinator's thread where they would be one, with the same bits as two", async () => {
    const [one, two] = [await startLowerPart({ workers: 1, logicalShards: 2 }), await startLowerPart({ workers: 2 })];
    expect({ one: one.workers, two: two.workers }).toEqual({ one: 0, two: 2 });
    expect(one.features).toEqual(two.features);
  });

  test("findRun() tells where the part's tensors stand one after another in the whole, and if they do", () => {
    const tensors = ["a", "b", "c", "d"].map((name, i) => ({ name, shape: [i + 1] }));
    const [whole, lay] = [createParameterLayout(tensors), createParameterLayout];
    expect(findRun(lay(tensors.slice(0, 2)), whole)).toBe(0);
    expect(findRun(lay(tensors.slice(1, 3)), whole)).toBe(1);
    expect(findRun(lay([tensors[0], tensors[2]].flatMap((tensor) => tensor ?? [])), whole)).toBeUndefined();
    expect(findRun(lay(tensors.slice(0, 2).toReversed()), whole)).toBeUndefined();
    expect(findRun(lay([]), whole)).toBeUndefined();
  });

  test("have a Worker where one may be lost and replaced", async () => {
    expect((await startLowerPart({ workers: 1, maxRestarts: 1 })).workers).toBe(1);
  });
});
