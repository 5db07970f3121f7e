import { expect, test } from "bun:test";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

test("Cluster.backward() takes a tiny gradient of the outputs for none", async () => {
  const cluster = await startMadeCluster({ workers: 0 });
  try {
    const samples = makeTask({ samples: 8 });
    const request = { samples, training: false, dropoutStep: 0 };
    const dOutput = new Float32Array(8 * 4);
    const tiny = dOutput.map((_, i) => (i % 2 === 0 ? 2 ** -101 : -(2 ** -140)));
    await cluster.backward(request, tiny);
    expect(cluster.gradient.every((value) => value === 0)).toBe(true);
    await cluster.backward(request, dOutput.fill(2 ** -100));
    expect(cluster.gradient.some((value) => value !== 0)).toBe(true);
  } finally {
    await cluster.close();
  }
});
