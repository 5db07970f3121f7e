import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { putChannelsLast } from "../../../src/data/images/image_layout.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";

describe("putChannelsLast()", () => {
  test("takes 1 or 3, else 2 or 4, at one end alone for channels", () => {
    const find = (sampleShape: readonly number[]) =>
      putChannelsLast({ x: new Uint8Array(0), sampleShape }, { layout: undefined, subject: "x.npy" }).sampleShape;
    expect([3, 1].map((channels) => find([channels, 32, 28]))).toEqual([
      [32, 28, 3],
      [32, 28, 1],
    ]);
    expect(find([32, 28, 3])).toEqual([32, 28, 3]);
    expect([find([4, 32, 32]), find([32, 32, 4]), find([2, 5, 5])]).toEqual([
      [32, 32, 4],
      [32, 32, 4],
      [5, 5, 2],
    ]);
    expect([find([4, 4, 3]), find([3, 4, 4]), find([2, 2, 1])]).toEqual([
      [4, 4, 3],
      [4, 4, 3],
      [2, 2, 1],
    ]);
    for (const shape of [
      [3, 5, 3],
      [1, 5, 3],
      [10, 28, 28],
      [28, 28, 10],
      [2, 5, 4],
    ]) {
      expect(() => find(shape)).toThrow(
        `x.npy: layout must be given, nchw or nhwc, as images of shape [${shape.join(", ")}]`,
      );
    }
    expect([find([12]), find([3, 5])]).toEqual([[12], [3, 5]]);
  });

  test("moves every value to its place", () => {
    const lengths = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 4 })));
    fc.assert(
      fc.property(lengths, fc.boolean(), ([rows = 1, channels = 1, height = 1, width = 1], isFloat) => {
        const size = channels * height * width;
        const x = isFloat
          ? Float32Array.from({ length: rows * size }, (_, i) => i)
          : new Uint8Array(rows * size).map((_, i) => i);
        const options = { layout: "nchw", subject: "x.npy" } as const;
        const moved = putChannelsLast({ x, sampleShape: [channels, height, width] }, options);
        expect(moved.sampleShape).toEqual([height, width, channels]);
        for (let i = 0; i < x.length; i++) {
          const [row, channel, y] = [
            Math.floor(i / size),
            Math.floor(i / height / width) % channels,
            Math.floor(i / width) % height,
          ];
          const to = ((row * height + y) * width + (i % width)) * channels + channel;
          expect(moved.x[to]).toBe(x[i]);
        }
      }),
    );
  });
});

describe("createArrayDataset() of images with channels first", () => {
  const x = Float32Array.from({ length: 12 }, (_, i) => i);

  test("keeps them with channels last, and the benchmark has their shape", () => {
    const train = createArrayDataset({ name: "train", x, y: [0], sampleShape: [3, 2, 2] });
    const { data, shape } = readSamples(train);
    expect([shape, Array.from(data)]).toEqual([
      [1, 2, 2, 3],
      [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
    ]);
    const test = createArrayDataset({ name: "test", x, y: [0], sampleShape: [2, 2, 3] });
    const normalization = { scale: 1, mean: [], std: [] };
    const make = (sampleShape: readonly number[]) =>
      createClassIncrementalBenchmark({ name: "mine", train, test, experiences: 1, sampleShape, normalization });
    expect(make([2, 2, 3]).sampleShape).toEqual([2, 2, 3]);
    expect(() => make([3, 2, 2])).toThrow('mine: sampleShape must be [2, 2, 3] as in "train", got [3, 2, 2]');
  });

  test("refuses what may be either", () => {
    expect(() => createArrayDataset({ name: "train", x, y: [0], sampleShape: [3, 4, 1] })).toThrow(
      "train: layout must be given, nchw or nhwc, as images of shape [3, 4, 1] may be either",
    );
    const said = createArrayDataset({ name: "train", x, y: [0], sampleShape: [3, 4, 1], layout: "nhwc" });
    expect(Array.from(readSamples(said).data)).toEqual(Array.from(x));
  });
});
