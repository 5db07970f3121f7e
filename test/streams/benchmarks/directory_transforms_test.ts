import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parseImageTransforms } from "../../../src/cli/options/image_transform_text.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import type { ImageTransform } from "../../../src/data/transforms/images/image_transform.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { loadStrategy } from "../../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../../src/saving/save_strategy.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import { makeNpy } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const ROWS = 96;

/** Images [96, 6, 8, 3] of two classes. */
function makeImages(): Promise<string> {
  const x = makeNpy(
    Array.from({ length: ROWS * 6 * 8 * 3 }, (_, i) => (i * 37 + (i % 11) * 5) % 256),
    { shape: [ROWS, 6, 8, 3], descr: "|u1" },
  );
  const y = makeNpy(
    Array.from({ length: ROWS }, (_, i) => i % 2),
    { descr: "<i8" },
  );
  return makeFolder({ "train/0/x.npy": x, "train/0/y.npy": y, "test/0/x.npy": x, "test/0/y.npy": y });
}

const transforms: readonly ImageTransform[] = [
  { kind: "random-resized-crop", size: 4 },
  { kind: "horizontal-flip" },
  { kind: "color-jitter", brightness: 0.4, saturation: 0.4 },
  { kind: "random-erasing", probability: 0.9 },
];

function createStrategy(workers: number) {
  return new Replay({
    model: simpleMLP({ inputShape: [4, 4, 3], numClasses: 2, hiddenSize: 8 }),
    optimizer: new SGD({ learningRate: 0.1 }),
    memSize: 20,
    trainMbSize: 32,
    evaluator: null,
    cluster: { workers, logicalShards: 2 },
  });
}

async function train(options: DirectoryOptions, workers: number): Promise<Float32Array> {
  const { trainStream } = await directoryBenchmark(options);
  await using strategy = createStrategy(workers);
  await strategy.train(trainStream);
  return strategy.parameters.slice();
}

describe("directoryBenchmark() with transforms", () => {
  test("reads the middle of images as they are, and draws in training alone", async () => {
    const path = await makeImages();
    const benchmark = await directoryBenchmark({ path, transforms, normalize: "imagenet" });
    expect(benchmark.sampleShape).toEqual([4, 4, 3]);
    const { dataset } = benchmark.trainStream.at(0);
    const explicit: readonly ImageTransform[] = [
      { kind: "resize", size: 4 },
      { kind: "center-crop", size: 4 },
    ];
    const known = await directoryBenchmark({ path, transforms: explicit, normalize: "imagenet" });
    const plain = readSamples(known.trainStream.at(0).dataset);
    expect(readSamples(dataset)).toEqual(plain);
    expect(readSamples(known.trainStream.at(0).dataset, { seed: 1, step: 4 })).toEqual(plain);
    const drawn = readSamples(dataset, { seed: 1, step: 4 });
    expect(drawn.data).not.toEqual(plain.data);
    expect(readSamples(dataset, { seed: 1, step: 4 })).toEqual(drawn);
    // What was erased is 0 behind the normalisation, which no byte becomes.
    expect(drawn.data.filter((value) => value === 0).length).toBeGreaterThan(ROWS);
    expect(plain.data.includes(0)).toBe(false);
  });

  test("trains the same bits on any number of workers, from memory and on demand", async () => {
    const path = await makeImages();
    const wanted = await train({ path, transforms }, 0);
    for (const workers of [1, 2]) {
      expect(await train({ path, transforms, cacheBytes: 64 * 144 }, workers)).toEqual(wanted);
    }
  }, 60_000);

  test("goes on from a saved strategy as if it had not been saved", async () => {
    const path = await makeImages();
    const { trainStream } = await directoryBenchmark({ path, transforms, cacheBytes: 64 * 144 });
    const file = join(await makeFolder({}), "strategy.firn");
    await using first = createStrategy(0);
    await first.train(trainStream);
    await saveStrategy(first, file);
    await using second = await loadStrategy(file, { cluster: { workers: 0, logicalShards: 2 } });
    await first.train(trainStream);
    await second.train(trainStream);
    expect(second.parameters).toEqual(first.parameters);
  }, 60_000);

  test("refuses what does not fit before anything is read", async () => {
    const path = await makeImages();
    const refuse = (options: Partial<DirectoryOptions>) => expect(directoryBenchmark({ path, ...options })).rejects;
    await refuse({ transforms: [{ kind: "center-crop", size: 7 }] }).toThrow("center-crop: size must be at most 6");
    await refuse({ transforms, augmentation: { cropPadding: 0, flip: true } }).toThrow(
      "cannot be used with an augmentation",
    );
    await refuse({ transforms, evalTransforms: [{ kind: "resize", size: 5 }] }).toThrow(
      "in evaluation must give images",
    );
    await refuse({ evalTransforms: [{ kind: "horizontal-flip" }] }).toThrow(
      "evalTransforms must be resize or center-crop",
    );
    await refuse({ normalize: "imagenet", mean: [0.5], std: [1] }).toThrow(
      "normalize cannot be used with mean and std",
    );
    const table = await makeFolder({ "0/d.csv": "a,label\n1,x\n2,y\n1,x\n2,y" });
    await expect(directoryBenchmark({ path: table, transforms })).rejects.toThrow("transforms require images of bytes");
  });
});

describe("parseImageTransforms()", () => {
  test("reads names with options, and names what is wrong", () => {
    const parse = (...texts: string[]) => parseImageTransforms("transforms", texts);
    expect(parse("random-resized-crop:size=224;minScale=0.3", "horizontal-flip")).toEqual([
      { kind: "random-resized-crop", size: 224, minScale: 0.3 },
      { kind: "horizontal-flip" },
    ]);
    expect(parseImageTransforms("transforms", undefined)).toBeUndefined();
    expect(() => parse("flip")).toThrow('transforms[0] must be one of "resize", "center-crop"');
    expect(() => parse("resize")).toThrow("transforms[0] (resize): size");
    expect(() => parse("resize:size=big")).toThrow("size must be a whole number");
    expect(() => parse("resize:256")).toThrow('expected key=value, got "256"');
  });
});
