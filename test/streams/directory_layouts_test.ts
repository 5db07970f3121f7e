import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readSamples } from "../../src/data/read_samples.ts";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../src/streams/benchmarks/directory/directory_options.ts";
import type { Benchmark, Stream } from "../../src/streams/experience.ts";
import { listSamples } from "../support/made_dataset.ts";
import { makeNpy, makeNpz, makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

type Files = Readonly<Record<string, Uint8Array | string>>;

async function make(files: Files, options: Partial<DirectoryOptions> = {}): Promise<Benchmark> {
  return directoryBenchmark({ path: await makeFolder(files), ...options });
}

/** A folder for each class, `count` images in each, of the value 10 · class + image. */
function makeClasses(names: readonly string[], count: number, folder = ""): Files {
  return Object.fromEntries(
    names.flatMap((name, id) =>
      Array.from({ length: count }, (_, i) => [`${folder}${name}/${i}.png`, makePng(10 * id + i)]),
    ),
  );
}

/** Labels and first values of each experience. */
function describeStream(stream: Stream) {
  return [...stream].map(({ dataset }) => {
    const { data, shape } = readSamples(dataset);
    const size = data.length / (shape[0] ?? 1);
    return Array.from(dataset.targets, (id, row) => `${id}:${Math.round(255 * (data[row * size] ?? 0))}`);
  });
}

describe("directoryBenchmark() of samples that no experience divides", () => {
  test("deals the classes of an image folder with train and test, one an experience unless more", async () => {
    const files = {
      ...makeClasses(["ape", "cat", "dog"], 2, "train/"),
      ...makeClasses(["ape", "cat", "dog"], 1, "test/"),
    };
    const benchmark = await make(files, { classOrder: ["dog", "ape", "cat"] });
    expect(describeStream(benchmark.trainStream)).toEqual([
      ["2:20", "2:21"],
      ["0:0", "0:1"],
      ["1:10", "1:11"],
    ]);
    expect(describeStream(benchmark.testStream)).toEqual([["2:20"], ["0:0"], ["1:10"]]);
    expect([benchmark.numClasses, benchmark.classNames, benchmark.sampleShape]).toEqual([
      3,
      ["ape", "cat", "dog"],
      [4, 4, 1],
    ]);
    const two = await make(files, { experiences: 2, taskLabels: true });
    expect([...two.trainStream].map(({ classesInThisExperience }) => classesInThisExperience.length)).toEqual([2, 1]);
    expect(two.isTaskIncremental).toBe(true);
    const bySample = await make(files, { scenario: "new-instances", experiences: 3 });
    expect([bySample.trainStream.length, bySample.testStream.length]).toEqual([3, 1]);
    const many = Array.from({ length: 11 }, (_, i) => `c${i}`);
    const eleven = await make({ ...makeClasses(many, 1, "train/"), ...makeClasses(many, 1, "test/") });
    expect(eleven.trainStream.length).toBe(5);
  });

  test("holds samples out where there is no test folder", async () => {
    const path = await makeFolder(makeClasses(["cat", "dog"], 5));
    const benchmark = await directoryBenchmark({ path });
    const all = [benchmark.trainStream, benchmark.testStream].map((stream) =>
      [...stream].flatMap(({ dataset }) => listSamples(dataset)),
    );
    expect(all.map(({ length }) => length)).toEqual([8, 2]);
    expect(new Set(all.flat()).size).toBe(10);
    expect((await directoryBenchmark({ path, testSize: 0.4 })).testStream.at(0).dataset.length).toBe(2);
  });

  test("takes train for a class among classes", async () => {
    const benchmark = await make(makeClasses(["bus", "plane", "train"], 5));
    expect(benchmark.classNames).toEqual(["bus", "plane", "train"]);
  });

  test("reads arrays and CSV in the same way", async () => {
    const numbers = Array.from({ length: 8 }, (_, i) => i % 2);
    const csv = `a,label\n${numbers.map((id) => `${id + 5},${id}\n`).join("")}`;
    const npy = {
      "x.npy": makeNpy(numbers, { shape: [8, 1] }),
      "y.npy": makeNpy(numbers, { descr: "<i8" }),
    };
    const npz = makeNpz(numbers, numbers, { shape: [8, 1] });
    const arrangements: readonly Files[] = [{ "d.csv": csv }, npy, { "d.npz": npz }];
    for (const files of arrangements) {
      const apart = Object.fromEntries(
        Object.entries(files).flatMap(([name, bytes]) => [
          [`train/${name}`, bytes],
          [`test/${name}`, bytes],
        ]),
      );
      for (const [made, sizes] of [[apart, [4, 4]] as const, [files, [3, 1]] as const]) {
        const benchmark = await make(made, { testSize: made === files ? 0.25 : undefined });
        const { trainStream, testStream } = benchmark;
        expect([trainStream.length, testStream.length, benchmark.numClasses]).toEqual([2, 2, 2]);
        expect([trainStream, testStream].map((stream) => stream.at(1).dataset.length)).toEqual([...sizes]);
      }
    }
  });

  test("refuses what may be meant otherwise, and says where to point", async () => {
    const [png, csv] = [makePng(1), "a,label\n1,0\n2,1\n"];
    const refusals: [Files, string, Partial<DirectoryOptions>?][] = [
      [{ "cat/1.png": png, "monday/cat/1.png": png }, 'of classes, got both: images in "cat", none in "monday"'],
      [{ "cat/1.png": png, "cat/more/1.png": png }, "/cat: must hold images or folders, got both"],
      [{ "1.png": png }, "holds images of one class; point at the folder above"],
      [{ "all/train/cat/1.png": png, "all/test/cat/1.png": png }, '/all, which holds "train" and "test"'],
      [
        { "1.png": png, "labels.csv": "file,label\n1.png,cat\n" },
        'holds images and "labels.csv"; a table does not name images: sort the images into a folder for each class',
      ],
      [
        { "all/a/cat/1.png": png },
        '/all/a: must hold images alone, got the folder "cat"; point at a folder that lies lower',
      ],
      [{ "train/cat/1.png": png, "test/a/cat/1.png": png }, "test: must hold samples as "],
      [{ "train/a/cat/1.png": png, "test/cat/1.png": png }, 'test: must hold the experiences "a" as '],
      [{ "train.csv": csv, "test.csv": csv }, 'must hold "test.csv", "train.csv" in the folders "train" and "test"'],
      [{ "train/1.png": png, "test/1.png": png }, "train: must hold a folder of images for each class, got images"],
      [{ "d.csv": csv }, "imageSize requires images", { imageSize: { height: 2, width: 2 } }],
      [{ "cat/1.png": png }, 'scenario "folders" requires a folder for each experience', { scenario: "folders" }],
      [{ "cat/1.png": png }, "layout requires arrays, in .npy or .npz files", { layout: "nchw" }],
      [{ "d.csv": csv }, "layout requires arrays, in .npy or .npz files", { layout: "nchw" }],
    ];
    for (const [files, message, options = {}] of refusals) {
      await expect(make(files, options)).rejects.toThrow(message);
    }
  });

  test("answers a folder that lies too deep by the one that is meant", async () => {
    const path = await makeFolder({
      ...makeClasses(["cat", "dog"], 5, "train/a/"),
      ...makeClasses(["cat"], 1, "test/a/"),
    });
    const inside: [string, string][] = [
      ["train", 'train: point at the folder above, which holds "train" and "test", or set testSize'],
      ["train/a", `a: point at ${path}, which holds "train" and "test", or set testSize`],
      ["train/a/cat", `cat: point at ${path}, which holds "train" and "test", or set testSize`],
    ];
    for (const [name, message] of inside) {
      await expect(directoryBenchmark({ path: join(path, name) })).rejects.toThrow(message);
    }
    expect((await directoryBenchmark({ path: join(path, "train"), testSize: 0.2 })).trainStream.length).toBe(1);
    expect((await directoryBenchmark({ path: join(path, "train/a"), testSize: 0.2 })).trainStream.length).toBe(2);
  });

  test("names testSize where it leaves nothing to train or to test on", async () => {
    const refusals: [Files, string, Partial<DirectoryOptions>?][] = [
      [
        makeClasses(["cat", "dog"], 2),
        'testSize 0.2 leaves no sample of the class "cat" for testing; set testSize to at least 0.25 of 2 samples, or add a folder "test"',
      ],
      [
        makeClasses(["cat", "dog"], 1),
        'testSize 0.2 leaves no sample of the class "cat" for testing; two samples of a class are needed, or add',
      ],
      [
        makeClasses(["cat", "dog"], 2),
        'testSize 0.9 leaves no sample of the class "cat" for training; set testSize below 0.75 of 2 samples',
        { testSize: 0.9 },
      ],
      [makeClasses(["cat"], 2, "monday/"), 'testSize 0.2 leaves no sample of "monday" for testing; set testSize to at'],
      [
        makeClasses(["cat"], 2),
        "testSize 0.2 leaves no sample of any class for testing",
        { scenario: "new-instances", experiences: 1 },
      ],
    ];
    for (const [files, message, options = {}] of refusals) {
      await expect(make(files, options)).rejects.toThrow(message);
    }
    expect((await make(makeClasses(["cat", "dog"], 2), { testSize: 0.25 })).testStream.length).toBe(2);
    expect((await make(makeClasses(["cat", "dog"], 2), { testSize: 0.74 })).trainStream.length).toBe(2);
  });
});

describe("directoryBenchmark() of arrays with channels first", () => {
  /** Values 0 to 11 of one image with 3 channels, 2 rows, 2 columns; the other image has 12 to 23. */
  const values = Array.from({ length: 24 }, (_, i) => i);
  const turned = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11];
  const read = ({ trainStream }: Benchmark) => Array.from(readSamples(trainStream.at(0).dataset).data);

  function makeBoth(shape: readonly number[], descr = "<f4"): Files {
    const [x, y] = [makeNpy(values, { shape, descr }), makeNpy([0, 0], { descr: "<i8" })];
    const npz = makeNpz(values, [0, 0], { shape, descr });
    return { "train/a/x.npy": x, "train/a/y.npy": y, "test/a/d.npz": npz };
  }

  test("puts them last where the shape tells or layout says so, in .npy and .npz", async () => {
    const first = await make(makeBoth([2, 3, 2, 2]));
    expect([first.sampleShape, read(first).slice(0, 12)]).toEqual([[2, 2, 3], turned]);
    expect(Array.from(readSamples(first.testStream.at(0).dataset).data)).toEqual(read(first));
    const last = await make(makeBoth([2, 2, 2, 3]));
    expect([last.sampleShape, read(last)]).toEqual([[2, 2, 3], values]);
    const said = await make(makeBoth([2, 3, 2, 2]), { layout: "nhwc" });
    expect([said.sampleShape, read(said)]).toEqual([[3, 2, 2], values]);
    const bytes = await make(makeBoth([2, 3, 2, 2], "|u1"));
    expect(read(bytes).slice(0, 12)).toEqual(turned.map((value) => Math.fround(value / 255)));
  });

  test("refuses shapes that may be either, and names the option", async () => {
    const refusals: [readonly number[], string, Partial<DirectoryOptions>?][] = [
      [[2, 3, 4, 1], "x.npy: layout must be given, nchw or nhwc, as images of shape [3, 4, 1] may be either"],
      [[2, 12, 1], "layout requires samples of three axes, got [12, 1]", { layout: "nchw" }],
      [[2, 3, 2, 2], 'layout must be one of "nhwc", "nchw", "sequence", got "nhcw"', { layout: JSON.parse('"nhcw"') }],
    ];
    for (const [shape, message, options = {}] of refusals) {
      await expect(make(makeBoth(shape), options)).rejects.toThrow(message);
    }
    expect((await make(makeBoth([2, 3, 4, 1]), { layout: "nchw" })).sampleShape).toEqual([4, 1, 3]);
    expect((await make(makeBoth([2, 3, 4, 1]), { layout: "nhwc" })).sampleShape).toEqual([3, 4, 1]);
  });
});
