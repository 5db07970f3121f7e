import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { computeGradient } from "../../../src/training/model/compute_gradient.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import { createCountingRanks } from "./counting_ranks.ts";

const samples = makeTask({ samples: 64 });
const criterion = new CrossEntropyLoss();
const objective = criterion.createObjective(samples.targets, 4);
const request = { samples, training: true, dropoutStep: 0 };
/** Rank 0 has half of the rows, of one loss and four outputs each, and one word for who wants to stop. */
const [LOSSES, OUTPUTS, STOP] = [32 * 4, 32 * 4 * 4, 4];

describe("a fused step on two ranks", () => {
  test("sends outputs where they are wanted, and not where they are not; all else is the same", async () => {
    const { exchanges, takeRowBytes } = createCountingRanks(2);
    const clusters = await Promise.all(
      exchanges.map((exchange) => startMadeCluster({ workers: 0, logicalShards: 4, ranks: new Ranks(exchange) })),
    );
    const onBoth = async <Result>(work: (cluster: Cluster) => Promise<Result>) => {
      takeRowBytes();
      const results = await Promise.all(clusters.map(work));
      return { results, bytes: takeRowBytes() };
    };
    const step = (outputs?: boolean) =>
      onBoth(async (cluster) => {
        const wanted = outputs === undefined ? request : { ...request, outputs };
        const { output, ...rest } = await cluster.gradientStep(wanted, objective);
        return { shape: output.shape, values: output.data.length, rest, gradient: cluster.gradient.slice() };
      });
    const [all, none] = [await step(), await step(false)];
    expect(all.bytes).toBe(LOSSES + OUTPUTS + STOP);
    expect(none.bytes).toBe(LOSSES + STOP);
    for (const [i, { shape, values, ...same }] of none.results.entries()) {
      expect({ shape, values }).toEqual({ shape: [0, 4], values: 0 });
      expect(all.results[i]).toEqual({ shape: [64, 4], values: 256, ...same });
    }
    const aside = await onBoth((cluster) => computeGradient(cluster, { ...request, scratch: true }, { criterion }));
    expect(aside.bytes).toBe(LOSSES + STOP);
    const forward = await onBoth((cluster) => cluster.forward({ ...request, outputs: false }));
    expect(forward.bytes).toBe(OUTPUTS + STOP);
    for (const cluster of clusters) await cluster.close();
  });
});
