import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { readSamples } from "../../../src/data/read_samples.ts";
import { listSources } from "../../../src/streams/benchmark.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import { makeNpy, makePng } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTar, type TarFile } from "../../support/made_tar.ts";

afterAll(removeFolders);

const readRecorded = (name: string) => readFile(new URL(`../../data/parquet/files/${name}`, import.meta.url));

/** All samples of both streams, with their class names. */
function readAll({ trainStream, testStream, classNames }: Benchmark) {
  return [...trainStream, ...testStream].map(({ dataset, taskLabels }) => ({
    x: readSamples(dataset),
    y: Array.from(dataset.targets, (id) => classNames[id]),
    values: dataset.targetValues,
    taskLabels,
  }));
}

/** The benchmark from memory, after it was found to be the same on demand. */
async function readBothWays(options: DirectoryOptions, cacheBytes: number): Promise<Benchmark> {
  const [whole, lazy] = [await directoryBenchmark(options), await directoryBenchmark({ ...options, cacheBytes })];
  expect([...listSources(whole)].some(({ stored }) => stored)).toBe(false);
  expect([...listSources(lazy)].every(({ stored }) => stored)).toBe(true);
  expect(readAll(lazy)).toEqual(readAll(whole));
  return whole;
}

/** Values of the first of four by four pixels, of each sample, in bytes. */
function readPixels({ trainStream }: Benchmark, experience = 0) {
  const { data, shape } = readSamples(trainStream.at(experience).dataset);
  const size = data.length / (shape[0] ?? 1);
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => Math.round((data[i * size] ?? 0) * 255));
}

describe("directoryBenchmark() on Parquet files", () => {
  test("reads Hugging Face's images from memory and on demand, with the names of their classes", async () => {
    const [first, second, tested] = await Promise.all([
      readRecorded("train-00000-of-00002.parquet"),
      readRecorded("train-00001-of-00002.parquet"),
      readRecorded("test-00000-of-00001.parquet"),
    ]);
    const path = await makeFolder({
      "train/0.parquet": first,
      "train/1.parquet": second,
      "train/2.parquet": first,
      "test/0.parquet": tested,
    });
    const options = { path, dropColumns: ["site"], scenario: "new-instances", experiences: 1, seed: 1 } as const;
    const benchmark = await readBothWays(options, 64 * 48);
    expect(benchmark.classNames).toEqual(["ant", "bee", "cow"]);
    expect(benchmark.sampleShape).toEqual([4, 4, 3]);
    const numbers = [...Array(24).keys(), ...Array.from({ length: 14 }, (_, i) => 24 + i), ...Array(24).keys()];
    expect(readPixels(benchmark).sort((a, b) => a - b)).toEqual(
      numbers.map((i) => (3 * i) % 256).sort((a, b) => a - b),
    );
    const { dataset } = benchmark.trainStream.at(0);
    expect(Array.from(dataset.targets)).toEqual(readPixels(benchmark).map((pixel) => (pixel / 3) % 3));
  });

  test("reads the files that a pattern names, and others to test on, as it reads folders of them", async () => {
    const names = ["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"];
    const files = await Promise.all(names.map(async (name) => [name, await readRecorded(`${name}.parquet`)] as const));
    const [train, more, tested] = files.map(([, bytes]) => bytes);
    if (!train || !more || !tested) throw new Error("Wanted three files");
    const path = await makeFolder(Object.fromEntries(files.map(([name, bytes]) => [`data/${name}.parquet`, bytes])));
    const folder = await makeFolder({ "train/0.parquet": train, "train/1.parquet": more, "test/0.parquet": tested });
    const options = { dropColumns: ["site"], scenario: "new-instances", experiences: 1, seed: 1 } as const;
    const wanted = await directoryBenchmark({ ...options, path: folder });
    const own = { path: `${path}/data/train-*.parquet`, testPath: `${path}/data/test-*.parquet`, ...options };
    const benchmark = await directoryBenchmark(own);
    expect(readAll(benchmark)).toEqual(readAll(wanted));
    const { trainStream } = await directoryBenchmark({ ...options, path: `${path}/data/test-00000-of-00001.parquet` });
    expect(trainStream.at(0).dataset.length).toBeLessThan(benchmark.testStream.at(0).dataset.length);
    const refuse = (given: Partial<DirectoryOptions>) => expect(directoryBenchmark({ ...own, ...given })).rejects;
    await refuse({ path: `${path}/data/valid-*.parquet` }).toThrow(
      "valid-*.parquet: must name at least one file, got none",
    );
    await refuse({ path: folder }).toThrow('testPath cannot be used with a folder "test"');
    await refuse({ testSize: 0.1 }).toThrow('testSize requires a folder without "test", got 0.1');
    await refuse({ scenario: "folders" }).toThrow('scenario "folders" requires a folder for each experience');
  });

  test("reads columns of numbers of any type and packing, a feature each", async () => {
    const files = {
      "train/0.parquet": await readRecorded("table.parquet"),
      "test/0.parquet": await readRecorded("gzipped.parquet"),
    };
    const path = await makeFolder(files);
    const options = { path, dropColumns: ["day"], scenario: "new-instances", experiences: 1 } as const;
    const benchmark = await readBothWays(options, 64 * 20);
    expect(benchmark.featureNames).toEqual(["whole", "small", "single", "double", "flag"]);
    const { dataset } = benchmark.testStream.at(0);
    const expected = Array.from({ length: 50 }, (_, i) => [i - 3, i % 7, i / 8, i * 0.1, i % 2 === 0 ? 1 : 0]);
    expect(Array.from(readSamples(dataset).data)).toEqual(Array.from(Float32Array.from(expected.flat())));
    expect(benchmark.classNames).toEqual(["high", "low"]);
    expect(dataset.targets[0]).toBe(1);
  });

  test("takes targets as CSV files have them", async () => {
    const path = await makeFolder({
      "train/0.parquet": await readRecorded("table.parquet"),
      "test/0.parquet": await readRecorded("table.parquet"),
    });
    const { testStream } = await directoryBenchmark({ path, targets: ["double"], dropColumns: ["day", "label"] });
    expect(testStream.at(0).dataset.targetValues?.data.slice(0, 3)).toEqual(Float32Array.of(0, 0.1, 0.2));
  });

  test("names what is wrong", async () => {
    const table = await readRecorded("table.parquet");
    const refuse = async (file: Uint8Array, options: Partial<DirectoryOptions> = {}) =>
      expect(directoryBenchmark({ path: await makeFolder({ "0/a.parquet": file }), ...options })).rejects;
    (await refuse(table)).toThrow(
      '0/a.parquet, row 0: "day" must be a finite float32 number, got "2024-01-01T00:00:00.000Z"',
    );
    (await refuse(table, { labelColumn: "lable" })).toThrow('the table must have the column "lable"');
    (await refuse(table.subarray(0, 3000))).toThrow("0/a.parquet: damaged or unsupported Parquet file");
    (await refuse(table, { dropColumns: ["day"], imageSize: { height: 2, width: 2 } })).toThrow(
      "imageSize requires images",
    );
  });
});

/** Shards of images whose value is 2 · number, with classes and descriptions. */
function makeShard(start: number, count: number, longNames?: "gnu" | "pax"): Uint8Array {
  const files: TarFile[] = [];
  for (let i = start; i < start + count; i++) {
    const key = `some/folder/${String(i).padStart(4, "0")}`;
    files.push([`${key}.png`, makePng(2 * i, { channels: i % 3 === 0 ? 1 : 3 })]);
    if (i % 2 === 0) files.push([`${key}.cls`, `${i % 4}\n`]);
    else files.push([`${key}.json`, JSON.stringify({ label: i % 4, site: { at: i } })]);
  }
  return makeTar(files, longNames ? { longNames } : {});
}

describe("directoryBenchmark() on tar shards", () => {
  test("reads WebDataset's layout from memory and on demand", async () => {
    const path = await makeFolder({
      "train/a.tar": makeShard(0, 40),
      "train/b.tar": makeShard(40, 40, "gnu"),
      "test/c.tar": makeShard(80, 10, "pax"),
    });
    const options = { path, scenario: "new-instances", experiences: 1, shuffle: false } as const;
    const { shuffle: _, ...known } = options;
    const benchmark = await readBothWays(known, 64 * 48);
    expect(benchmark.classNames).toEqual(["0", "1", "2", "3"]);
    const pixels = readPixels(benchmark);
    expect(pixels.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => 2 * i));
    expect(Array.from(benchmark.trainStream.at(0).dataset.targets)).toEqual(pixels.map((pixel) => (pixel / 2) % 4));
  });

  test("names what is wrong", async () => {
    const png = makePng(1);
    const refuse = async (shard: Uint8Array) =>
      expect(directoryBenchmark({ path: await makeFolder({ "0/a.tar": shard }) })).rejects;
    (await refuse(makeTar([["1.png", png]]))).toThrow('0/a.tar: the table must have the column "label"');
    (await refuse(makeTar([["1.cls", "2"]]))).toThrow('0/a.tar: the sample "1" has no image');
    (
      await refuse(
        makeTar([
          ["1.png", png],
          ["1.jpg", png],
          ["1.cls", "2"],
        ]),
      )
    ).toThrow('the sample "1" has two images');
    (
      await refuse(
        makeTar([
          ["1.png", png],
          ["1.json", "{"],
        ]),
      )
    ).toThrow("0/a.tar, 1.json: must be JSON");
    (
      await refuse(
        makeTar([
          ["1.png", png],
          ["1.cls", ""],
        ]),
      )
    ).toThrow("0/a.tar, 1: label is missing");
    (await refuse(makeShard(0, 4).subarray(0, 2600))).toThrow("0/a.tar: truncated tar archive");
    (await refuse(new Uint8Array(1024).fill(65))).toThrow("0/a.tar: no tar archive");
  });
});

describe("directoryBenchmark() with cacheBytes", () => {
  test("reads rows of .npy files where they lie, of every type and layout", async () => {
    const numbers = Array.from({ length: 100 * 24 }, (_, i) => (i * 7) % 251);
    const y = makeNpy(
      Array.from({ length: 100 }, (_, i) => i % 2),
      { descr: "<i8" },
    );
    for (const [descr, shape] of [
      ["|u1", [100, 2, 4, 3]],
      ["<f4", [100, 24]],
      [">f8", [100, 3, 2, 4]],
      ["<i2", [100, 4, 6]],
    ] as const) {
      const x = makeNpy(numbers, { shape, descr });
      const path = await makeFolder({ "train/x.npy": x, "train/y.npy": y, "test/x.npy": x, "test/y.npy": y });
      await readBothWays({ path, scenario: "new-instances", experiences: 2 }, 64 * 24 * (descr === "|u1" ? 1 : 4));
    }
  });

  test("reads CSV files through a temporary file, with their targets and tasks", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i / 8},${i % 2 === 0 ? "even" : "odd"},${-i},${i % 3}`);
    const text = ["a,label,b,task", ...rows].join("\n");
    const path = await makeFolder({ "may/1.csv": text, "may/2.csv": text, "june/1.csv": text });
    await readBothWays({ path, taskColumn: "task" }, 64 * 8);
  });
});
