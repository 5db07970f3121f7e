import { describe, expect, test } from "bun:test";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 70 });
const request = { samples: data, training: false, dropoutStep: 0 };
const dOutput = Float32Array.from({ length: 70 * 4 }, (_, i) => Math.cos(i));

describe("RowResults.factors()", () => {
  test("gives the same whatever the workers and from size to size, and leaves the gradient alone", async () => {
    const single = await startMadeCluster({ workers: 0, logicalShards: 3 });
    const layout = await single.rowResults.findFactorLayout();
    // 6-8-4: samples, hidden units and the gradients of both layers' sums.
    expect(layout?.width).toBe(6 + 8 + 8 + 4);
    await single.backward(request, dOutput);
    const before = single.gradient.slice();
    const wanted = await single.rowResults.factors(request, dOutput);
    expect(wanted.shape).toEqual([70, 26]);
    expect(single.gradient.slice()).toEqual(before);
    await single.close();
    const pair = await startMadeCluster({ workers: 2, logicalShards: 3 });
    for (const size of [4, 70, 5]) {
      const samples = data.subset(Array.from({ length: size }, (_, i) => i));
      const made = await pair.rowResults.factors({ ...request, samples }, dOutput.slice(0, 4 * size));
      expect(made.shape).toEqual([size, 26]);
      if (size === 70) expect(made.data).toEqual(wanted.data);
    }
    await pair.close();
  });

  test("adds up to the gradient: the products of a kernel's factors, over the samples", async () => {
    const cluster = await startMadeCluster({ workers: 0, logicalShards: 2 });
    const layout = await cluster.rowResults.findFactorLayout();
    const { data: factors, shape } = await cluster.rowResults.factors(request, dOutput);
    await cluster.backward(request, dOutput);
    const { entries } = cluster.model.layout;
    for (const [index, term] of (layout?.terms ?? []).entries()) {
      const [a, d] = term.map((place) => layout?.factors[place]);
      const entry = entries.find(({ size }) => size === (a?.width ?? 0) * (d?.width ?? 1));
      if (!a || !entry) throw new TypeError(`term ${index} is of no parameter`);
      const sums = new Float32Array(entry.size);
      for (let row = 0; row < 70; row++) {
        const at = row * (shape[1] ?? 0);
        for (let i = 0; i < entry.size; i++) {
          const left = factors[at + a.start + Math.floor(i / (d?.width ?? 1))] ?? Number.NaN;
          const right = d ? (factors[at + d.start + (i % d.width)] ?? Number.NaN) : 1;
          sums[i] = (sums[i] ?? 0) + left * right;
        }
      }
      const gradient = cluster.gradient.subarray(entry.offset, entry.offset + entry.size);
      for (const [i, sum] of sums.entries()) expect(Math.abs(sum - (gradient[i] ?? 0))).toBeLessThan(1e-4);
    }
    await cluster.close();
  });

  test("knows no layout where the engine gives none, and refuses", async () => {
    const cluster = await startMadeCluster({ workers: 0, engine: "tfjs" });
    expect(await cluster.rowResults.findFactorLayout()).toBeUndefined();
    await expect(cluster.rowResults.factors(request, dOutput)).rejects.toThrow("have no factors");
    // It goes on.
    expect((await cluster.forward(request)).shape).toEqual([70, 4]);
    await cluster.close();
  });
});
