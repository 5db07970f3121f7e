import { afterAll, describe, expect, test } from "bun:test";
import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSamples } from "../../../src/data/read_samples.ts";
import { countStoreBytes } from "../../../src/data/store/stored_samples.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { fingerprintSources } from "../../../src/runs/resuming/source_fingerprints.ts";
import { listSources } from "../../../src/streams/benchmark.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import { WORKER_COUNTS } from "../../support/cover_members.ts";
import { makePng } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

/** Two experiences of 4 × 4 images, 136 in all; one class is grey. */
function makeImages() {
  const files: Record<string, Uint8Array> = {};
  for (const [part, count] of [
    ["train", 28],
    ["test", 6],
  ] as const) {
    for (const [e, experience] of ["may", "june"].entries()) {
      for (const [c, name] of ["cat", "dog"].entries()) {
        for (let i = 0; i < count; i++) {
          const channels = name === "cat" ? 1 : 3;
          files[`${part}/${experience}/${name}/${i}.png`] = makePng((7 * i + 90 * c + 40 * e) % 256, { channels });
        }
      }
    }
  }
  return makeFolder(files);
}

/** Room for 64 of the samples, which have 48 bytes each. */
const SMALL = 64 * 48;

/** All samples of both streams, augmented as in a training iteration and as they are. */
function readAll({ trainStream, testStream }: Benchmark) {
  return [...trainStream, ...testStream].flatMap(({ dataset }) => [
    readSamples(dataset),
    readSamples(dataset, { seed: 3, step: 5 }),
    dataset.targets,
  ]);
}

async function trainOn(options: DirectoryOptions, workers: number): Promise<Float32Array> {
  const benchmark = await directoryBenchmark(options);
  await using strategy = new Replay({
    model: mlp({ inputShape: benchmark.sampleShape, numClasses: 2, hiddenSize: 8 }),
    optimizer: new SGD({ learningRate: 0.1 }),
    memSize: 20,
    trainMbSize: 32,
    evaluator: null,
    cluster: { workers, logicalShards: 2 },
  });
  await strategy.train(benchmark.trainStream);
  return strategy.parameters.slice();
}

describe("directoryBenchmark() with cacheBytes", () => {
  test("gives the bits of images that are all in memory, in half of it", async () => {
    const path = await makeImages();
    const augmentation = { cropPadding: 1, flip: true };
    const [whole, lazy] = await Promise.all([
      directoryBenchmark({ path, augmentation }),
      directoryBenchmark({ path, augmentation, cacheBytes: SMALL }),
    ]);
    expect(readAll(lazy)).toEqual(readAll(whole));
    const stores = new Set([...listSources(lazy)].map(({ stored }) => stored?.samples));
    expect(stores.size).toBe(1);
    for (const store of stores) if (store) expect(countStoreBytes(store)).toBeLessThanOrEqual(SMALL);
    for (const { x } of listSources(lazy)) expect(x.length).toBe(0);
  });

  test("trains the same bits on any number of workers", async () => {
    const path = await makeImages();
    const augmentation = { cropPadding: 1, flip: true };
    const wanted = await trainOn({ path, augmentation }, 0);
    for (const workers of WORKER_COUNTS) {
      expect(await trainOn({ path, augmentation, cacheBytes: SMALL }, workers)).toEqual(wanted);
    }
  }, 60_000);

  test("names the file that is gone or truncated when it is drawn, and reads it once it is back", async () => {
    const path = await makeImages();
    const { trainStream } = await directoryBenchmark({ path, cacheBytes: SMALL });
    const gone = join(path, "train/june/dog/0.png");
    await rm(gone);
    const { dataset } = trainStream.at(0);
    const first = dataset.targets.indexOf(1);
    const read = () => readSamples(dataset.subset([first]));
    expect(read).toThrow(`${gone}: there is no such file or folder`);
    await writeFile(gone, makePng(40, { channels: 3 }));
    await truncate(gone, 50);
    expect(read).toThrow(`${gone}: truncated PNG image`);
    await writeFile(gone, makePng(51, { channels: 3 }));
    expect(read().data[0]).toBeCloseTo(0.2);
    await writeFile(gone, makePng(51, { channels: 3, width: 5 }));
    expect(() => readSamples(dataset.subset([first]))).not.toThrow();
  });

  test("fails a step whose file is gone with its name, on workers too", async () => {
    const path = await makeImages();
    for (const workers of [0, 2]) {
      const benchmark = await directoryBenchmark({ path, cacheBytes: SMALL });
      await rm(join(path, "train/june/cat/27.png"), { force: true });
      await using strategy = new Replay({
        model: mlp({ inputShape: benchmark.sampleShape, numClasses: 2, hiddenSize: 8 }),
        optimizer: new SGD({ learningRate: 0.1 }),
        memSize: 20,
        evaluator: null,
        cluster: { workers, logicalShards: 2 },
      });
      const failed = strategy.train(benchmark.trainStream.at(0));
      await expect(failed).rejects.toThrow(/^[^ ]*cat\/27\.png: there is no such file or folder$/);
      await writeFile(join(path, "train/june/cat/27.png"), makePng(3));
    }
  }, 60_000);

  test("refuses before it begins what is no image, or of another size, or a bound that is too small", async () => {
    const path = await makeImages();
    await expect(directoryBenchmark({ path, cacheBytes: SMALL - 1 })).rejects.toThrow("must have at least 3072 bytes");
    const file = join(path, "test/june/cat/3.png");
    await writeFile(file, makePng(1, { width: 5 }));
    await expect(directoryBenchmark({ path, cacheBytes: SMALL })).rejects.toThrow(
      `${file}: must have 4 × 4 pixels as ${join(path, "test/june/cat/0.png")}, or set imageSize, got 5 × 4`,
    );
    await writeFile(file, "no image at all");
    await expect(directoryBenchmark({ path, cacheBytes: SMALL })).rejects.toThrow(`${file}: must be a PNG`);
  });

  test("keeps a fingerprint that a file of another size changes", async () => {
    const path = await makeImages();
    const read = async () => fingerprintSources(await directoryBenchmark({ path, cacheBytes: SMALL }));
    const before = await read();
    expect(await read()).toEqual(before);
    await writeFile(join(path, "train/may/dog/1.png"), Uint8Array.of(...makePng(97, { channels: 3 }), 0));
    const after = await read();
    expect(after["train/may"]).not.toEqual(before["train/may"]);
    expect(after["train/june"]).toEqual(before["train/june"]);
  });
});
