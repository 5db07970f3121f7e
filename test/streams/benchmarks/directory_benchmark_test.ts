import { afterAll, describe, expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { collectSources } from "../../../src/streams/benchmark.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import type { Stream } from "../../../src/streams/experience.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { makeJpeg, makeNpy, makeNpz, makePng } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { type Files, makeDirectory as make, readExperience as read, twice } from "../made_directory.ts";

afterAll(removeFolders);

describe("directoryBenchmark()", () => {
  test("reads .npy, .npz and CSV alike, experiences in natural order", async () => {
    const values = [1, 2.5, -3, 4];
    const csv = "a,label,b\n1,0,2.5\n-3,2,4\n";
    const benchmark = await make(
      twice({
        "exp10/x.npy": makeNpy(values, { shape: [2, 2] }),
        "exp10/y.npy": makeNpy([0, 2], { descr: "<i8" }),
        "exp2/any.npz": makeNpz(values.map(Math.round), [1, 1], { shape: [2, 2], descr: "<i4" }),
        "exp3/1.csv": csv,
        "exp3/10.csv": "a,label,b\n7,1,8\n",
        "exp3/.hidden": "",
        "exp3/2.csv": "a,label,b\n5,1,6\n",
      }),
    );
    expect([benchmark.name, benchmark.sampleShape, benchmark.numClasses]).toEqual(["directory", [2], 3]);
    expect([benchmark.isTaskIncremental, benchmark.normalization]).toEqual([false, { scale: 1, mean: [], std: [] }]);
    for (const stream of [benchmark.trainStream, benchmark.testStream]) {
      expect([...stream].map(read)).toEqual([
        { x: [1, 3, -3, 4], y: [1, 1] },
        { x: [1, 2.5, -3, 4, 5, 6, 7, 8], y: [0, 2, 1, 1] },
        { x: values, y: [0, 2] },
      ]);
    }
    expect([...collectSources(benchmark).keys()]).toEqual([
      "train/exp2",
      "train/exp3",
      "train/exp10",
      "test/exp2",
      "test/exp3",
      "test/exp10",
    ]);
  });

  test("divides bytes by 255 and normalises by channel; arrays without channels get one", async () => {
    const images = makeNpz([0, 51, 102, 255], [0], { shape: [1, 2, 2] });
    const benchmark = await make(twice({ "0/a.npz": images }), { mean: [0.2], std: [0.5] });
    expect(benchmark.sampleShape).toEqual([2, 2, 1]);
    expect(benchmark.normalization).toEqual({ scale: 1 / 255, mean: [0.2], std: [0.5] });
    const wanted = [-0.4, 0, 0.4, 1.6];
    for (const [i, value] of read(benchmark.trainStream.at(0)).x.entries())
      expect(value).toBeCloseTo(wanted[i] ?? 0, 6);
  });

  test("reads folders of images by class, grey ones as three channels beside coloured ones", async () => {
    const benchmark = await make(
      twice({
        "a/dog/2.png": makePng(20),
        "a/dog/10.png": makePng(100),
        "a/cat/1.PNG": makePng(40),
        "b/ape/1.jpg": makeJpeg(60),
        "b/dog/1.png": makePng(80, { channels: 4 }),
      }),
    );
    expect([benchmark.sampleShape, benchmark.numClasses]).toEqual([[4, 4, 3], 3]);
    const seen = [...benchmark.trainStream].map((experience) => {
      const { x, y } = read(experience);
      return { y, means: y.map((_, row) => Math.round(255 * (x[row * 48 + 47] ?? 0))) };
    });
    expect(seen).toEqual([
      { y: [1, 2, 2], means: [40, 20, 100] },
      { y: [0, 2], means: [60, 80] },
    ]);
    expect(benchmark.trainStream.at(1).previousClasses).toEqual([1, 2]);
    const grey = await make(twice({ "a/0/1.png": makePng(9), "a/7/1.png": makePng(9, { width: 8, height: 2 }) }), {
      imageSize: { height: 5, width: 3 },
      taskLabels: true,
    });
    expect([grey.sampleShape, grey.numClasses, grey.isTaskIncremental]).toEqual([[5, 3, 1], 2, true]);
    expect(read(grey.testStream.at(0))).toEqual({ x: Array(30).fill(Math.fround(9 / 255)), y: [0, 1] });
    expect(grey.classNames).toEqual(["0", "7"]);
  });

  test("keeps a share of every class for testing where there is no test part, every sample in one half", async () => {
    const rows = [...Array(30).keys()];
    const csv = ["label,a", ...rows.map((row) => `c${row % 3},${row}`)].join("\n");
    const path = await makeFolder({ "one/a.csv": csv, "two/a.csv": csv });
    const [benchmark, again] = [await directoryBenchmark({ path }), await directoryBenchmark({ path, testSize: 0.5 })];
    const all = (stream: Stream) => [...stream].flatMap(({ dataset }) => listSamples(dataset));
    expect(all(benchmark.testStream).length).toBe(12);
    expect(new Set([...all(benchmark.trainStream), ...all(benchmark.testStream)]).size).toBe(60);
    expect([...benchmark.testStream.at(1).dataset.targets].sort()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(all(again.testStream).length).toBe(30);
    expect(collectSources(benchmark).size).toBe(2);
  });

  test("deals all samples anew, by class or by sample", async () => {
    const csv = `label,a\n${[0, 1, 2, 3].map((id) => `${id},${id}\n`.repeat(5)).join("")}`;
    const path = await makeFolder(twice({ "one/a.csv": csv, "two/a.csv": csv }));
    const byClass = await directoryBenchmark({
      path,
      scenario: "class-incremental",
      experiences: 2,
      classOrder: [3, 0, 1, 2],
    });
    expect(
      [...byClass.trainStream].map((experience) => [experience.classesInThisExperience, experience.dataset.length]),
    ).toEqual([
      [[0, 3], 20],
      [[1, 2], 20],
    ]);
    const bySample = await directoryBenchmark({ path, scenario: "new-instances", experiences: 3 });
    expect([...bySample.trainStream].map(({ dataset }) => dataset.length)).toEqual([14, 13, 13]);
    expect([bySample.testStream.length, bySample.testStream.at(0).dataset.length]).toEqual([1, 40]);
    const refusals: [Partial<DirectoryOptions>, string][] = [
      [{ experiences: 2 }, 'experiences requires scenario "class-incremental" or "new-instances", got "folders"'],
      [{ classOrder: [0] }, 'classOrder requires scenario "class-incremental", got "folders"'],
      [{ scenario: "new-instances", classOrder: [0] }, "no classOrder where samples are dealt"],
      [{ scenario: "new-instances", taskLabels: true }, "no taskLabels"],
      [
        { scenario: JSON.parse('"class-incremenal"') },
        'directoryBenchmark: scenario must be one of "folders", "class-incremental", "new-instances", got "class-incremenal"',
      ],
    ];
    for (const [options, message] of refusals) {
      await expect(directoryBenchmark({ path, ...options })).rejects.toThrow(message);
    }
  });

  test("keeps an empty place in the test stream for an experience that is not in test", async () => {
    const csv = (value: number) => `a,label\n${value},0\n${value},1\n`;
    const files = { "train/1/d.csv": csv(1), "train/2/d.csv": csv(2), "train/3/d.csv": csv(3) };
    const tests = { "test/1/d.csv": csv(10), "test/3/d.csv": csv(30) };
    const { trainStream, testStream } = await make({ ...files, ...tests }, { taskLabels: true });
    expect([...trainStream].map(({ name, taskLabel }) => [name, taskLabel])).toEqual([
      ["1", 0],
      ["2", 1],
      ["3", 2],
    ]);
    expect([...testStream].map(({ name, taskLabels }) => [name, taskLabels])).toEqual([
      ["1", [0]],
      ["2", []],
      ["3", [2]],
    ]);
    expect([...testStream].map((experience) => read(experience).y)).toEqual([[0, 1], [], [0, 1]]);
    expect(read(testStream.at(2)).x).toEqual([30, 30]);
    const more = await makeFolder({ "train/4/d.csv": csv(4), "train/5/d.csv": csv(5), "test/5/d.csv": csv(50) });
    const joined = await make({ ...files, ...tests }, { more: [more] });
    expect([...joined.testStream].map(({ dataset }) => dataset.length)).toEqual([2, 0, 2, 0, 2]);
  });

  test("hands its options to the streams", async () => {
    const csv = `kind,a\n${"0,1\n1,2\n".repeat(10)}`;
    const options = { labelColumn: "kind", taskLabels: true, validationSize: 0.5, onlineExperienceSize: 3 };
    const { streams } = await make(twice({ "0/a.csv": csv, "1/a.csv": csv }), options);
    expect([...streams].map(([name, { length }]) => [name, length])).toEqual([
      ["train", 2],
      ["valid", 2],
      ["test", 2],
      ["train_online", 8],
    ]);
    expect(streams.get("test")?.at(1).taskLabel).toBe(1);
  });

  test("names what is wrong, and says what was expected", async () => {
    const csv = "a,label\n1,0\n";
    const png = makePng(1);
    const refusals: [Files, string, Partial<DirectoryOptions>?][] = [
      [{}, "must hold a folder for each experience, or samples: x.npy and y.npy, or .npz files"],
      [{ "train/0/a.csv": csv }, 'must hold the folders "train" and "test" alone, got "train"'],
      [{ "train/0/a.csv": csv, "test/1/a.csv": csv }, 'test: must hold the experiences "0" as '],
      [twice({ "0/a.csv": csv }), 'testSize requires a folder without "test", got 0.1', { testSize: 0.1 }],
      [{ "0/a.csv": csv }, "directoryBenchmark: testSize must be at least 0 and below 1, got 1", { testSize: 1 }],
      [{ "0/a.txt": csv }, "/0 needs x.npy and y.npy, or .npz files with x and y, or .csv, .parquet or .tar files"],
      [{ "0/a.csv": csv, "0/cat/a.png": png }, 'for each class, got ["cat/", "a.csv"]'],
      [{ "0/x.npy": makeNpy([1], { shape: [1, 1] }) }, "needs x.npy and y.npy"],
      [
        { "0/a.csv": "a,b\n1,2\n" },
        '/0/a.csv: the first row must name the columns, one of them "label", got ["a", "b"]',
      ],
      [
        { "0/cat/a.txt": png },
        '/0/cat: must hold images alone (.png, .jpg, .jpeg, .webp, .tif, .tiff, .gif, .avif), got "a.txt"',
      ],
      [{ "0/cat/a.png": csv }, "/0/cat/a.png: must be a PNG, JPEG, WebP, TIFF, GIF or AVIF image"],
      [{ "0/cat/a.png": png.subarray(0, 40) }, "/0/cat/a.png: truncated PNG image"],
      [{ "0/cat/.keep": "" }, "/0/cat: must hold at least one image"],
      [{ "0/cat/a.png": png, "0/dog/b.png": makePng(1, { width: 5 }) }, "/0/dog/b.png: must have 4 × 4 pixels as "],
      [
        { "0/cat/a.png": png, "1/cat/b.png": makePng(1, { width: 5 }) },
        "/1: needs samples of shape [4, 4, 1] in bytes",
      ],
      [{ "0/a.csv": csv, "1/a.csv": "a,b,label\n1,2,0\n" }, "the columns of "],
      [{ "0/a.npz": makeNpz([1], [0], { shape: [1, 1] }) }, ": encoding is for tables", { encoding: "latin1" }],
      [
        {
          "0/a.npz": makeNpz([1], [0], { shape: [1, 1] }),
          "0/b.npz": makeNpz([1], [0], { shape: [1, 1], descr: "<f4" }),
        },
        "/0/b.npz: needs samples of shape [1] in bytes, as in ",
      ],
      [
        { "0/a.npz": makeNpz([1], [0, 1], { shape: [1, 1] }) },
        "/0/a.npz, array y: labels must have the shape [1], a label for each of 1 samples, got [2]",
      ],
      [
        { "0/a.npz": makeNpz([1, 2], [0, 2 ** 53], { shape: [2, 1] }) },
        "/0/a.npz, array y, row 1: the label must be a whole number within ±2^53, got 9007199254740992",
      ],
      [
        { "0/a.npz": makeNpz([1], [0], { shape: [1] }) },
        "/0/a.npz, array x: samples must have the shape [rows, features]",
      ],
      [
        { "0/a.npz": makeNpz([1, Number.NaN], [0, 0], { shape: [2, 1], descr: "<f4" }) },
        "/0/a.npz, array x, row 1: values must be finite float32 numbers, got NaN",
      ],
      [{ "0/a.npz": csv }, "/0/a.npz: no zip archive, or a truncated one"],
      [{ "0/a.csv": csv }, "normalize needs one mean, or one for each of 1 channels", { mean: [1, 2], std: [1, 1] }],
    ];
    for (const [files, message, options = {}] of refusals) {
      await expect(make(files, options)).rejects.toThrow(message);
    }
    const path = await makeFolder({ "0/a.csv": csv });
    await symlink("nowhere", join(path, "0", "b.csv"));
    await expect(directoryBenchmark({ path })).rejects.toThrow("/0/b.csv: cannot be read: ENOENT");
    await expect(directoryBenchmark({ path: "no/such/folder" })).rejects.toThrow(
      "no/such/folder: there is no such file or folder",
    );
  });
});
