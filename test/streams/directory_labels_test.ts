import { afterAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../src/streams/benchmarks/directory/directory_options.ts";
import { makeNpz, makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { type Files, makeDirectory as make, readExperience as read, twice } from "./made_directory.ts";

afterAll(removeFolders);

describe("directoryBenchmark() on labels and columns", () => {
  test("matches the columns of CSV files by name, in train and test and all experiences", async () => {
    const [ordered, turned] = ["a,b,label\n1,100,0\n2,200,1\n", "label;b;a\n0;100;1\n1;200;2\n"];
    const files = { "train/1/d.csv": ordered, "train/2/d.tsv.gz": gzipSync(turned), "test/1/d.csv": turned };
    const benchmark = await make({ ...files, "test/2/c.csv": turned, "test/2/d.csv": ordered });
    const samples = { x: [1, 100, 2, 200], y: [0, 1] };
    expect([...benchmark.trainStream, benchmark.testStream.at(0)].map(read)).toEqual([samples, samples, samples]);
    expect(read(benchmark.testStream.at(1)).x).toEqual([...samples.x, ...samples.x]);
    const extra = make({ ...files, "test/2/d.csv": "a,b,c,label\n1,1,1,1\n" });
    await expect(extra).rejects.toThrow(
      /test\/2\/d.csv: must have the columns of .*train\/1\/d.csv, got them with \["c"\]$/,
    );
    const missing = make(twice({ "1/d.csv": "a,label\n1,0\n" }), { dropColumns: ["id"] });
    await expect(missing).rejects.toThrow('dropColumns has "id", which is a column of no file');
    const pandas = ",a,label\n0,7,0\n1,8,1\n";
    const dropped = await make(twice({ "1/d.csv": pandas }), { dropColumns: ["Unnamed: 0"] });
    expect(read(dropped.trainStream.at(0)).x).toEqual([7, 8]);
  });

  test("takes labels for names wherever they come from: the classes are those that occur", async () => {
    const x = [1, 2, 3, 4];
    const csv = (labels: readonly (number | string)[]) =>
      `a,label\n${labels.map((label, i) => `${x[i]},${label}\n`).join("")}`;
    const npz = (labels: readonly number[]) => makeNpz(x, labels, { shape: [4, 1], descr: "<f4" });
    const images = (labels: readonly number[]) =>
      Object.fromEntries(labels.map((label, i) => [`train/all/${label}/${i}.png`, makePng(i)]));
    const cases: [Files, string[]][] = [
      [twice({ "all/d.csv": csv([1, 2, 3, 4]) }), ["1", "2", "3", "4"]],
      [twice({ "all/d.csv": csv([2020, 65535, 7, -1]) }), ["-1", "7", "2020", "65535"]],
      [twice({ "all/d.npz": npz([2020, 65535, 7, -1]) }), ["-1", "7", "2020", "65535"]],
      [twice({ "all/d.csv": csv(["b10", "b9", "4", "4.0"]) }), ["4", "4.0", "b9", "b10"]],
      [
        { "train/all/d.csv": csv(["1.0", "2.0", "3", "+4"]), "test/all/d.csv": csv([4, 3, 2, 1]) },
        ["1", "2", "3", "4"],
      ],
      [
        { ...images([10, 9, 100, 7]), ...Object.fromEntries([7, 9].map((id) => [`test/all/${id}/0.png`, makePng(0)])) },
        ["7", "9", "10", "100"],
      ],
    ];
    for (const [files, classNames] of cases) {
      const benchmark = await make(files);
      expect([benchmark.classNames, benchmark.numClasses]).toEqual([classNames, 4]);
    }
    const float = await make({ "train/1/d.csv": csv([0, 1]), "test/1/d.csv": csv(["0.0", "1.0"]) });
    expect([float.classNames, read(float.testStream.at(0)).y]).toEqual([
      ["0", "1"],
      [0, 1],
    ]);
    const mapped = await make(twice({ "1/d.csv": csv([4, "2.0"]) }), { classNames: ["1", "2", "3", "4"] });
    expect([mapped.numClasses, read(mapped.trainStream.at(0)).y]).toEqual([4, [3, 1]]);
    const unknown = make(twice({ "1/d.csv": csv([4, 5]) }), { classNames: ["3", "4"] });
    await expect(unknown).rejects.toThrow('/train/1: the class must be one of ["3", "4"], got "5"');
  });

  test("deals the classes that occur, never one without samples, whatever the seed", async () => {
    const path = await makeFolder(twice({ "all/d.csv": "a,label\n1,1\n2,2\n3,3\n4,4\n" }));
    const dealt = (options: Partial<DirectoryOptions>) =>
      directoryBenchmark({ path, scenario: "class-incremental", ...options });
    for (let seed = 0; seed < 8; seed++) {
      for (const experiences of [2, 4]) {
        const { trainStream, testStream } = await dealt({ experiences, seed });
        const sizes = [...trainStream, ...testStream].map(({ dataset }) => dataset.length);
        expect(sizes).toEqual(Array(2 * experiences).fill(4 / experiences));
        expect([...trainStream].flatMap(({ classesInThisExperience }) => classesInThisExperience).sort()).toEqual([
          0, 1, 2, 3,
        ]);
      }
    }
    const ordered = await dealt({ experiences: 4, classOrder: [3, "1", 4, 2] });
    expect([...ordered.trainStream].map((experience) => read(experience).x)).toEqual([[3], [1], [4], [2]]);
    await expect(dealt({ classOrder: [0, 1, 2, 3] })).rejects.toThrow("classOrder: the class must be one of");
    await expect(dealt({ experiences: 2, classOrder: [1, 2, 3, 3] })).rejects.toThrow(
      'every class once in classOrder, got "3 twice"',
    );
    await expect(dealt({ experiences: 2, classOrder: [1, 2, 3] })).rejects.toThrow(
      'every class once in classOrder, got "none of class 4"',
    );
    const untested = await makeFolder({ "train/1/d.csv": "a,label\n1,7\n1,9\n", "test/1/d.csv": "a,label\n1,7\n" });
    const untestedClass = directoryBenchmark({
      path: untested,
      scenario: "class-incremental",
      experiences: 2,
      seed: 1,
    });
    await expect(untestedClass).rejects.toThrow(
      /stream "test" needs at least one sample in experience . \(classes 9\)/,
    );
  });
});
