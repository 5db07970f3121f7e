import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ClusterOptions } from "../../src/cluster/cluster_options.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { createStrategy, makeBenchmark, sampleShape } from "./featured_strategy.ts";

afterAll(removeFolders);

const benchmark = makeBenchmark();

/** Trains, and says how many features were found and computed of the training samples. */
async function trainWith(trainable: string, cluster: ClusterOptions, trainEpochs = 3) {
  await using strategy = createStrategy(trainable, cluster, { trainEpochs });
  await strategy.train(benchmark.trainStream);
  return { parameters: strategy.parameters.slice(), ...strategy.cluster.features.counts };
}

async function train(trainable: string, cluster: ClusterOptions) {
  return (await trainWith(trainable, cluster)).parameters;
}

describe("featureCacheBytes", () => {
  // A classifier on eight features; and a block behind a part of the network that gives [6, 6, 6].
  for (const [trainable, size] of [
    ["none", 8],
    ["layer2.*", 6 * 6 * 6],
  ] as const) {
    test(`changes no bit of what is trained, on any number of workers, when that is ${trainable} of a network`, async () => {
      const wanted = await train(trainable, { workers: 0, featureCacheBytes: 0 });
      expect(wanted.some((value) => value !== 0)).toBe(true);
      for (const workers of WORKER_COUNTS) {
        // Room for all samples, and for three of them.
        for (const featureCacheBytes of workers === 1 ? [1e6] : [1e6, 3 * 2 * size * 4]) {
          expect(await train(trainable, { workers, featureCacheBytes })).toEqual(wanted);
        }
      }
    }, 60_000);
  }
});

describe("features in memory", () => {
  test("are computed once a sample, by all workers together", async () => {
    for (const workers of [1, 2]) {
      const { found, computed } = await trainWith("none", { workers });
      expect({ found, computed }).toEqual({ found: 2 * 104, computed: 104 });
    }
  }, 60_000);

  test.if(process.platform === "linux")(
    "are computed once a sample by processes, with the bits of threads",
    async () => {
      const wanted = await train("none", { workers: 0, featureCacheBytes: 0 });
      const { parameters, ...counts } = await trainWith("none", { workers: 2, isolation: "process" });
      expect(parameters).toEqual(wanted);
      expect(counts).toEqual({ found: 2 * 104, computed: 104 });
    },
    60_000,
  );

  test("stay known where a minibatch may be of more sources than are kept of others", async () => {
    const { trainStream } = benchmark;
    const parts = Array.from({ length: 260 }, (_, i) =>
      createArrayDataset({
        name: `part ${i}`,
        x: Float32Array.from({ length: 12 * 12 * 3 }, (_value, at) => Math.sin(at + i)),
        y: [i % 3],
        sampleShape,
      }),
    );
    const many = createDatasetBenchmark({ name: "many", train: [Dataset.concat(parts)], test: [] });
    await using strategy = createStrategy("none", { workers: 0 }, { trainEpochs: 2 });
    await strategy.train(many.trainStream);
    expect(strategy.cluster.features.counts).toEqual({ found: 260, computed: 260 });
    // Others come: what was known makes room.
    await strategy.train(trainStream.at(0));
    expect(strategy.cluster.features.counts).toEqual({ found: 64, computed: 64 });
  });

  test("make room for those of the next experience", async () => {
    // Room for 64 samples: the second experience is missed for two epochs or three of five, and then takes their room.
    const { found, computed } = await trainWith("none", { workers: 0, featureCacheBytes: 64 * 8 * 4 }, 5);
    expect(found).toBeGreaterThanOrEqual(4 * 64 + 40);
    expect(found + computed).toBe(5 * 104);
  });
});

describe("featureCacheFolder", () => {
  test("keeps features for the next run, with the same bits on 0, 1 and 2 workers", async () => {
    const folder = await makeFolder({});
    const wanted = await train("none", { workers: 0, featureCacheBytes: 0 });
    const counts = [];
    for (const workers of [2, 0, 1]) {
      const { parameters, ...count } = await trainWith("none", { workers, featureCacheFolder: folder });
      expect(parameters).toEqual(wanted);
      counts.push(count);
    }
    expect(counts).toEqual([
      { found: 2 * 104, computed: 104 },
      { found: 3 * 104, computed: 0 },
      { found: 3 * 104, computed: 0 },
    ]);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{24}-[0-9a-f]{24}\.features$/);
  }, 60_000);

  test("has files of their own for another cut of a network", async () => {
    const folder = await makeFolder({});
    await train("none", { workers: 0, featureCacheFolder: folder });
    await train("layer2.*", { workers: 0, featureCacheFolder: folder });
    expect(await readdir(folder)).toHaveLength(4);
  });

  test("completes what an earlier run has begun", async () => {
    const folder = await makeFolder({});
    await train("none", { workers: 0, featureCacheFolder: folder });
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name));
      // The last row is said not to be there; what stands there must not be used.
      bytes[bytes.length - 1] = 0;
      await writeFile(join(folder, name), bytes);
    }
    const { found, computed } = await trainWith("none", { workers: 0, featureCacheFolder: folder });
    expect({ found, computed }).toEqual({ found: 3 * 104 - 2, computed: 2 });
    const again = await trainWith("none", { workers: 0, featureCacheFolder: folder });
    expect(again.computed).toBe(0);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test("goes on from the rows that a killed run has computed, and takes none that is half written", async () => {
    const folder = await makeFolder({});
    const wanted = await train("none", { workers: 0, featureCacheBytes: 0 });
    const program = fileURLToPath(new URL("killed_training.ts", import.meta.url));
    const words = "Deno" in globalThis ? ["run", "--allow-all", program] : [program];
    const kill = async () => {
      expect(spawnSync(process.execPath, [...words, folder], { stdio: "inherit" }).signal).toBe("SIGKILL");
      const names = (await readdir(folder)).filter((name) => name.endsWith(".partial"));
      expect(names).toHaveLength(1);
      return join(folder, names[0] ?? "");
    };
    const count = async () => {
      const { parameters, found, computed } = await trainWith("none", { workers: 0, featureCacheFolder: folder });
      expect(parameters).toEqual(wanted);
      const names = await readdir(folder);
      expect(names.filter((name) => name.endsWith(".partial"))).toEqual([]);
      return { found, computed };
    };
    // The first minibatch of two.
    const left = await kill();
    const bytes = await readFile(left);
    const marks = Array.from({ length: 64 }, (_, row) => bytes.readUInt32LE(4096 + 64 * (8 * 4 + 1) + 4 * row));
    expect(marks.filter((mark) => mark !== 0)).toHaveLength(32);
    const [first = 0, second = 0] = marks.flatMap((mark, row) => (mark === 0 ? [] : [row]));
    // One row lost its mark, another is not what its mark says.
    bytes.writeUInt32LE(0, 4096 + 64 * (8 * 4 + 1) + 4 * first);
    bytes.writeUInt8(bytes.readUInt8(4096 + 32 * second) ^ 1, 4096 + 32 * second);
    await writeFile(left, bytes);
    expect(await count()).toEqual({ found: 3 * 104 - 74, computed: 74 });

    // What an earlier run has left is there, too.
    for (const name of await readdir(folder)) {
      const whole = await readFile(join(folder, name));
      // The rows that the killed run computes, and six others, are said not to be there.
      const flags = whole.subarray(whole.length - (whole.length - 4096) / 33);
      if (flags.length !== 64) continue;
      const others = marks.flatMap((mark, row) => (mark === 0 ? [row] : [])).slice(0, 6);
      for (const [row, mark] of marks.entries()) if (mark !== 0 || others.includes(row)) flags[row] = 0;
      await writeFile(join(folder, name), whole);
    }
    await kill();
    expect(await count()).toEqual({ found: 3 * 104 - 6, computed: 6 });
    expect(await count()).toEqual({ found: 3 * 104, computed: 0 });
  }, 60_000);

  test("is rid of what a process has left that was killed, and not of what others write", async () => {
    const folder = await makeFolder({});
    const { status, pid: gone } = spawnSync(process.execPath, ["--version"]);
    expect(status).toBe(0);
    const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
    const names = [`a.features.${host}.${gone}-1.partial`, `b.features.${host}.${process.pid}-9.partial`];
    const elsewhere = `c.features.01234567.${gone}-1.partial`;
    for (const name of [...names, elsewhere]) await writeFile(join(folder, name), "");
    await train("none", { workers: 0, featureCacheFolder: folder });
    const left = (await readdir(folder)).filter((name) => name.endsWith(".partial"));
    expect(left.sort()).toEqual([names[1] ?? "", elsewhere]);
  });

  test("is refused where it is a file or holds a damaged one, in one sentence", async () => {
    const folder = await makeFolder({});
    await train("none", { workers: 0, featureCacheFolder: folder });
    const [name = ""] = await readdir(folder);
    const path = join(folder, name);
    await expect(train("none", { workers: 0, featureCacheFolder: path })).rejects.toThrow(
      `${path}: features need a folder, got a file`,
    );
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 1));
    await expect(train("none", { workers: 0, featureCacheFolder: folder })).rejects.toThrow(
      `${path}: damaged file of features; remove it`,
    );
  });
});
