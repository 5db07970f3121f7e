import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import sharp from "sharp";
import { readSamples } from "../../../src/data/read_samples.ts";
import { drawCrop } from "../../../src/data/transforms/images/crops.ts";
import { RowRandom } from "../../../src/data/transforms/images/row_random.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { loadStrategy } from "../../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../../src/saving/save_strategy.ts";
import { listSources } from "../../../src/streams/benchmark.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTar, type TarFile } from "../../support/made_tar.ts";

afterAll(removeFolders);

const SIZES = [
  [30, 40],
  [41, 25],
  [24, 24],
] as const;

/** Pixel values of photo `number`: smooth, so that scaled versions are alike, and different in each place. */
function paint(number: number, [height, width]: readonly [number, number]): Uint8Array {
  const value = (y: number, x: number, c: number) => 128 + 100 * Math.sin(number + y / 7 + c) * Math.cos(x / 9 - c);
  return Uint8Array.from({ length: height * width * 3 }, (_, i) =>
    Math.round(value(Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3)),
  );
}

function sizeOf(number: number) {
  return SIZES[number % 3] ?? SIZES[0];
}

/** 80 photos of three sizes in two classes, 72 of them to train on. */
async function makePhotos(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 80; i++) {
    const [height, width] = sizeOf(i);
    const image = sharp(paint(i, [height, width]), { raw: { height, width, channels: 3 } });
    files[`${i < 72 ? "train" : "test"}/${i % 2 === 0 ? "even" : "odd"}/${100 + i}.png`] = await image.png().toBuffer();
  }
  return makeFolder(files);
}

const options = {
  transforms: [{ kind: "random-resized-crop", size: 8 }],
  scenario: "new-instances",
  experiences: 1,
} as const;

/** The numbers of photos in the order of the training samples' rows: class by class. */
const ROWS = [0, 1].flatMap((odd) => Array.from({ length: 36 }, (_, i) => 2 * i + odd));

/**
 * A part of a photo brought to 8 × 8 pixels, from scratch: each of the new pixels is the mean of the old ones about its
 * middle by a triangle, as wide as two new pixels.
 */
function scaleSlowly(
  pixels: Uint8Array,
  width: number,
  part: { top: number; left: number; height: number; w: number },
) {
  const weigh = (from: number, index: number) => {
    const scale = from / 8;
    const reach = Math.max(1, scale);
    const middle = (index + 0.5) * scale;
    const weights = Array.from({ length: from }, (_, i) => Math.max(0, 1 - Math.abs(i + 0.5 - middle) / reach));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return weights.map((weight) => weight / sum);
  };
  const values: number[] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const [rows, columns] = [weigh(part.height, y), weigh(part.w, x)];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [i, row] of rows.entries()) {
          for (const [j, column] of columns.entries()) {
            sum += row * column * (pixels[((part.top + i) * width + part.left + j) * 3 + c] ?? 0);
          }
        }
        values.push(sum / 255);
      }
    }
  }
  return values;
}

/** Half to even, as Python rounds. */
function round(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** torchvision's RandomResizedCrop.get_params with its defaults, by other random numbers. */
function cropLikeTorchvision([height, width]: readonly [number, number], uniform: () => number) {
  for (let i = 0; i < 10; i++) {
    const area = height * width * (0.08 + uniform() * (1 - 0.08));
    const [low, high] = [Math.log(3 / 4), Math.log(4 / 3)];
    const ratio = Math.exp(low + uniform() * (high - low));
    const [w, h] = [round(Math.sqrt(area * ratio)), round(Math.sqrt(area / ratio))];
    if (w > 0 && w <= width && h > 0 && h <= height) {
      const top = Math.floor(uniform() * (height - h + 1));
      return { top, left: Math.floor(uniform() * (width - w + 1)), height: h, w };
    }
  }
  const ratio = width / height;
  const w = ratio > 4 / 3 ? round(height * (4 / 3)) : width;
  const h = ratio < 3 / 4 ? round(width / (3 / 4)) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, w };
}

describe("directoryBenchmark() of photos of different sizes", () => {
  test("cuts random parts out of the photos as they are in their files", async () => {
    const { trainStream } = await directoryBenchmark({ path: await makePhotos(), ...options });
    const { dataset } = trainStream.at(0);
    const { data } = readSamples(dataset, { seed: 9, step: 4 });
    for (const [position, row] of dataset.references.rows.entries()) {
      const number = ROWS[row] ?? 0;
      const random = new RowRandom({ seed: 9, step: 4 }, row);
      const size = sizeOf(number);
      const part = cropLikeTorchvision(size, () => random.uniform());
      const wanted = scaleSlowly(paint(number, size), size[1], part);
      const got = data.subarray(position * 192, (position + 1) * 192);
      const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] ?? 0))));
      // Bytes are rounded.
      expect(worst).toBeLessThan(0.51 / 255);
    }
  });

  test("trains the same bits on any number of workers, from memory and on demand, and from a saved strategy", async () => {
    const path = await makePhotos();
    const make = (workers: number) =>
      new Replay({
        model: simpleMLP({ inputShape: [8, 8, 3], numClasses: 2, hiddenSize: 8 }),
        optimizer: new SGD({ learningRate: 0.1 }),
        memSize: 20,
        trainMbSize: 32,
        evaluator: null,
        cluster: { workers, logicalShards: 2 },
      });
    const train = async (given: DirectoryOptions, workers: number) => {
      const benchmark = await directoryBenchmark(given);
      await using strategy = make(workers);
      await strategy.train(benchmark.trainStream);
      const file = join(await makeFolder({}), "strategy");
      await saveStrategy(strategy, file);
      await strategy.train(benchmark.trainStream);
      await using again = await loadStrategy(file, { cluster: { workers: 0, logicalShards: 2 } });
      await again.train(benchmark.trainStream);
      expect(again.parameters.slice()).toEqual(strategy.parameters.slice());
      const isStored = [...listSources(benchmark)].some(({ stored }) => stored !== undefined);
      return { parameters: strategy.parameters.slice(), isStored };
    };
    const wanted = await train({ path, ...options }, 0);
    const lazy = await train({ path, ...options, cacheBytes: 64 * 30 * 41 * 3 }, 2);
    expect(lazy.parameters).toEqual(wanted.parameters);
    expect([wanted.isStored, lazy.isStored]).toEqual([false, true]);
  });

  test("reads photos in tar shards as those in folders", async () => {
    const shard = async (start: number, end: number) => {
      const files: TarFile[] = [];
      for (const number of ROWS.filter((row) => row >= start && row < end)) {
        const [height, width] = sizeOf(number);
        const image = sharp(paint(number, [height, width]), { raw: { height, width, channels: 3 } });
        files.push([`${number}.png`, await image.png().toBuffer()], [`${number}.cls`, String(number % 2)]);
      }
      return makeTar(files);
    };
    // Those to test on have one size alone.
    const path = await makeFolder({
      "train/a.tar": await shard(0, 36),
      "train/b.tar": await shard(36, 72),
      "test/c.tar": await shard(3, 4),
    });
    for (const cacheBytes of [undefined, 64 * 30 * 41 * 3]) {
      const { trainStream, testStream } = await directoryBenchmark({
        path,
        ...options,
        ...(cacheBytes ? { cacheBytes } : {}),
      });
      const { dataset } = trainStream.at(0);
      const { data } = readSamples(dataset, { seed: 9, step: 4 });
      const order = [...ROWS.filter((row) => row < 36), ...ROWS.filter((row) => row >= 36)];
      for (const [position, row] of dataset.references.rows.entries()) {
        const number = order[row] ?? 0;
        const random = new RowRandom({ seed: 9, step: 4 }, row);
        const part = cropLikeTorchvision(sizeOf(number), () => random.uniform());
        const wanted = scaleSlowly(paint(number, sizeOf(number)), sizeOf(number)[1], part);
        const got = data.subarray(position * 192, (position + 1) * 192);
        expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] ?? 0))))).toBeLessThan(0.51 / 255);
      }
      expect(readSamples(testStream.at(0).dataset).shape).toEqual([1, 8, 8, 3]);
    }
  });

  test("names a photo that has another size when it is drawn", async () => {
    const path = await makePhotos();
    const { trainStream } = await directoryBenchmark({ path, ...options, cacheBytes: 64 * 30 * 41 * 3 });
    const [height, width] = [20, 33];
    const image = sharp(paint(0, [height, width]), { raw: { height, width, channels: 3 } });
    await image.png().toFile(join(path, "train/even/100.png"));
    const { dataset } = trainStream.at(0);
    expect(() => readSamples(dataset)).toThrow(
      "train/even/100.png: must have 40 × 30 pixels, as when it was looked at, got 33 × 20",
    );
  });

  test("evaluates the square in the middle, and refuses what leaves sizes different", async () => {
    const path = await makePhotos();
    const { testStream } = await directoryBenchmark({ path, ...options });
    expect(readSamples(testStream.at(0).dataset).shape).toEqual([8, 8, 8, 3]);
    const refuse = (given: Partial<DirectoryOptions>) =>
      expect(directoryBenchmark({ path, ...options, ...given })).rejects;
    await refuse({ transforms: [{ kind: "resize", size: 10 }] }).toThrow(
      "transforms: images of different sizes need a crop, or a width to resize to, or set imageSize",
    );
    await refuse({ transforms: [{ kind: "horizontal-flip" }] }).toThrow("or set imageSize");
    const { sampleShape } = await directoryBenchmark({
      path,
      ...options,
      transforms: [{ kind: "resize", size: 6, width: 7 }],
    });
    expect(sampleShape).toEqual([6, 7, 3]);
  });

  test("draws areas, proportions and places as torchvision does, of photos that are long, too", () => {
    for (const size of [
      [375, 500],
      [60, 400],
    ] as const) {
      const count = 6000;
      const own = Array.from({ length: count }, (_, row) => {
        const range = { minScale: 0.08, maxScale: 1, minRatio: 3 / 4, maxRatio: 4 / 3 };
        const [height, width] = size;
        const { width: w, ...part } = drawCrop({ height, width }, range, new RowRandom({ seed: 2, step: 3 }, row));
        return { ...part, w };
      });
      let state = 1;
      const twin = Array.from({ length: count }, () =>
        cropLikeTorchvision(size, () => {
          // A generator of other numbers: Lehmer's.
          state = (state * 48_271) % 0x7fffffff;
          return state / 0x7fffffff;
        }),
      );
      for (const read of [
        (part: (typeof own)[number]) => (part.height * part.w) / (size[0] * size[1]),
        (part: (typeof own)[number]) => part.w / part.height,
        (part: (typeof own)[number]) => part.left / size[1],
      ]) {
        const sorted = twin.map(read).sort((a, b) => a - b);
        for (const share of [0.1, 0.5, 0.9]) {
          const limit = sorted[Math.floor(share * count)] ?? 0;
          const below = own.filter((part) => read(part) <= limit).length / count;
          expect(Math.abs(below - sorted.filter((value) => value <= limit).length / count)).toBeLessThan(0.03);
        }
      }
    }
  });
});
