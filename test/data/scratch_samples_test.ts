import { describe, expect, test } from "bun:test";
import { readSamples } from "../../src/data/read_samples.ts";
import { ScratchSamples } from "../../src/data/scratch_samples.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

/** Rows of six values, from `first` on. */
function createRows(rows: number, first: number) {
  return { data: Float32Array.from({ length: 6 * rows }, (_, i) => first + i / 8), shape: [rows, 6] };
}

describe("ScratchSamples.write()", () => {
  test("gives the samples, their class ids and task labels", () => {
    const x = createRows(3, 0);
    const samples = new ScratchSamples("scratch").write({ x, y: [2, 0, 1], taskLabels: [5, 0, 5] });
    expect([...samples.targets]).toEqual([2, 0, 1]);
    expect([...samples.targetsTaskLabels]).toEqual([5, 0, 5]);
    expect(readSamples(samples)).toEqual(x);
  });

  test("uses the same memory and data sources again, when there is room", () => {
    const scratch = new ScratchSamples("scratch");
    const idsOf = (rows: number) => {
      const samples = scratch.write({
        x: createRows(rows, rows),
        y: new Int32Array(rows),
        taskLabels: [0, 1, 0, 1, 0].slice(0, rows),
      });
      expect(readSamples(samples)).toEqual(createRows(rows, rows));
      return [...samples.sources.keys()];
    };
    const ids = idsOf(4);
    expect(ids.length).toBe(2);
    expect(idsOf(3)).toEqual(ids);
    expect(idsOf(5)).not.toEqual(ids);
    const images = { data: new Float32Array(8), shape: [2, 2, 2] };
    expect(readSamples(scratch.write({ x: images, y: [0, 0], taskLabels: [0, 0] })).shape).toEqual([2, 2, 2]);
  });

  test("is few sources in all, however many sizes come: replicas keep each", () => {
    const scratch = new ScratchSamples("scratch");
    const ids = new Set<number>();
    for (let rows = 1; rows <= 100; rows++) {
      const x = { data: new Float32Array(rows), shape: [rows, 1] };
      const zeros = new Int32Array(rows);
      for (const id of scratch.write({ x, y: zeros, taskLabels: zeros }).sources.keys()) ids.add(id);
    }
    expect(ids.size).toBeLessThanOrEqual(8);
  });

  test("is seen by the replicas, at every call anew", async () => {
    const scratch = new ScratchSamples("scratch");
    const data = makeTask({ samples: 60 });
    for (const workers of [0, 2]) {
      const cluster = await startMadeCluster({ workers, logicalShards: 2 });
      const forward = (samples: typeof data) => cluster.forward({ samples, training: false, dropoutStep: 0 });
      // The larger ones are cut into two shards.
      for (const [first, count] of [
        [0, 40],
        [50, 3],
        [20, 40],
      ] as const) {
        const rows = Array.from({ length: count }, (_, i) => first + i);
        const samples = data.subset(rows);
        const { targets: y, targetsTaskLabels: taskLabels } = samples;
        const written = scratch.write({ x: readSamples(samples), y, taskLabels });
        expect(await forward(written)).toEqual(await forward(samples));
      }
      await cluster.close();
    }
  });
});
