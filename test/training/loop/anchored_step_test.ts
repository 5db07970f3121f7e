import { describe, expect, test } from "bun:test";
import type { ClusterOptions } from "../../../src/cluster/cluster_options.ts";
import type { FeatureTarget } from "../../../src/cluster/compute_request.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();

/** Trains once, asking for features to be held to those of other parameters; gives whether they were. */
async function trainAnchored(cluster: ClusterOptions, factor: number, splits = false) {
  let target: FeatureTarget | undefined;
  const held: boolean[] = [];
  const losses: number[] = [];
  const asking = createListener(["beforeForward", "afterBackward"], (callback, strategy) => {
    if (callback === "afterBackward") {
      held.push(target !== undefined && strategy.hasAnchored(target));
      losses.push(strategy.loss);
      return;
    }
    const [first] = strategy.cluster.model.layout.entries;
    const vectors = { parameters: strategy.parameters.map((value) => value / 2), state: new Float32Array(0) };
    target = { layerName: first?.name.split("/")[0] ?? "", vectors, factor };
    strategy.anchorFeatures(target);
    expect(strategy.hasAnchored(target)).toBe(false);
  });
  const splitting = createListener(splits ? ["afterForward"] : [], () => {});
  const strategy = new Naive(makeOptions({ plugins: [asking, splitting], cluster }));
  await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
  return { held: new Set(held), losses };
}

describe("anchorFeatures()", () => {
  test("adds its term to the loss of a fused step", async () => {
    const cluster = { workers: 0, engine: "onnxruntime" } as const;
    const [none, some] = [await trainAnchored(cluster, 0), await trainAnchored(cluster, 1)];
    expect(some.held).toEqual(new Set([true]));
    expect((some.losses[0] ?? 0) - (none.losses[0] ?? 0)).toBeGreaterThan(1e-3);
  });

  test("leaves a split step, and an engine that cannot do it, to whoever asked", async () => {
    for (const [cluster, splits] of [
      [{ workers: 0, engine: "onnxruntime" }, true],
      [{ workers: 0, engine: "tfjs" }, false],
    ] as const) {
      const [none, some] = [await trainAnchored(cluster, 0, splits), await trainAnchored(cluster, 1, splits)];
      expect(some.held).toEqual(new Set([false]));
      expect(some.losses).toEqual(none.losses);
    }
  });

  test("is refused once the outputs are computed", async () => {
    const vectors = { parameters: new Float32Array(0), state: new Float32Array(0) };
    const late = createListener(["afterForward"], (_, strategy) =>
      strategy.anchorFeatures({ layerName: "any", vectors, factor: 1 }),
    );
    const strategy = new Naive(makeOptions({ plugins: [late] }));
    const training = withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    await expect(training).rejects.toThrow("in beforeForward at the latest");
  });
});
