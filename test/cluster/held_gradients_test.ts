import { describe, expect, test } from "bun:test";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 70 });
const training = { samples: data, training: true, dropoutStep: 3 };
const objective = new CrossEntropyLoss().createObjective(data.targets, 4);
const dOutput = Float32Array.from({ length: 70 * 4 }, (_, i) => Math.cos(i));

/** Where the gradient is not 0, by the parameters' names. */
function listMoved({ model }: Cluster, gradient: Float32Array): string[] {
  const moved = model.layout.entries.filter(({ offset, size }) =>
    gradient.subarray(offset, offset + size).some((value) => value !== 0),
  );
  return moved.map(({ name }) => name);
}

describe("Cluster.held", () => {
  test("leaves gradients out of training steps alone, fused and split, from the next step on", async () => {
    for (const options of [{ workers: 0 }, { workers: 2, logicalShards: 3 }, { workers: 0, engine: "tfjs" }] as const) {
      const cluster = await startMadeCluster(options);
      const names = cluster.model.layout.entries.map(({ name }) => name);
      const [kernel = "", ...others] = names;
      cluster.held.names = [kernel];
      await cluster.gradientStep(training, objective);
      expect(listMoved(cluster, cluster.gradient)).toEqual(others);
      await cluster.backward(training, dOutput);
      expect(listMoved(cluster, cluster.gradient)).toEqual(others);
      // Beside the step.
      await cluster.gradientStep({ ...training, scratch: true }, objective);
      expect(listMoved(cluster, cluster.scratchGradient)).toEqual(names);
      await cluster.gradientStep({ ...training, training: false }, objective);
      expect(listMoved(cluster, cluster.gradient)).toEqual(names);
      cluster.held.names = [];
      await cluster.gradientStep(training, objective);
      expect(listMoved(cluster, cluster.gradient)).toEqual(names);
      await cluster.close();
    }
  });
});
