import { afterAll, describe, expect, test } from "bun:test";
import { countTargets, readTargetForm } from "../../../src/streams/benchmark_targets.ts";
import type { DirectoryOptions } from "../../../src/streams/benchmarks/directory/directory_options.ts";
import type { Stream } from "../../../src/streams/experience.ts";
import { makeNpy, makeNpz, makePng } from "../../support/made_files.ts";
import { removeFolders } from "../../support/made_idx.ts";
import { type Files, makeDirectory as make, readExperience, twice } from "../made_directory.ts";

afterAll(removeFolders);

const HOUSES = "size,price,rooms,weight\n1,100.5,2,7\n3,-2e2,4,8\n";

function readTargets(stream: Stream): (readonly number[])[] {
  return [...stream].map(({ dataset }) => [...(dataset.targetValues?.data ?? [])]);
}

describe("directoryBenchmark() with columns of numbers to predict", () => {
  test("reads them in the order of the option, and all others as features", async () => {
    const files = { "a/1.csv": HOUSES, "a/2.csv": "weight,rooms,size,price\n9,6,5,0\n", "b/1.csv": HOUSES };
    const benchmark = await make(twice(files), { targets: ["weight", "price"] });
    expect(readTargetForm(benchmark)).toMatchObject({ kind: "values", width: 2, names: ["weight", "price"] });
    expect([countTargets(benchmark), benchmark.numClasses]).toEqual([2, 1]);
    expect(benchmark.featureNames).toEqual(["size", "rooms"]);
    expect(readTargets(benchmark.testStream)).toEqual([
      [7, 100.5, 8, -200, 9, 0],
      [7, 100.5, 8, -200],
    ]);
    expect(readExperience(benchmark.trainStream.at(0))).toEqual({ x: [1, 2, 3, 4, 5, 6], y: [0, 0, 0] });
  });

  test("reads columns of 0 and 1 as labels, as pandas writes flags too", async () => {
    const csv = "a,red,round\n1,0,True\n2,1.0,FALSE\n3,0,0\n";
    const benchmark = await make(twice({ "a/1.csv": csv }), { labels: ["red", "round"] });
    expect(readTargetForm(benchmark)).toMatchObject({ kind: "labels", width: 2, names: ["red", "round"] });
    expect(readTargets(benchmark.trainStream)).toEqual([[0, 1, 1, 0, 0, 0]]);
  });

  test("reads names of labels between separators, over all files, with samples that have none", async () => {
    const files = {
      "a/1.csv": 'x,label\n1,red;round\n2,""\n',
      "a/2.csv": "x,label\n3, big ;red;red\n",
      "b/1.csv": "x,label\n4,\n5,nan\n",
    };
    const options = { labelSeparator: ";" };
    const benchmark = await make(twice(files), options);
    expect(readTargetForm(benchmark)).toMatchObject({ kind: "labels", width: 3, names: ["big", "red", "round"] });
    expect(readTargets(benchmark.trainStream)).toEqual([
      [0, 1, 1, 0, 0, 0, 1, 1, 0],
      [0, 0, 0, 0, 0, 0],
    ]);
    const known = await make(twice(files), { ...options, labelNames: ["round", "new", "red", "big"] });
    expect(readTargets(known.trainStream)[0]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });
});

describe("directoryBenchmark() with arrays of numbers to predict", () => {
  const x = makeNpy([1, 2, 3, 4, 5, 6], { shape: [3, 2] });
  const read = (y: Uint8Array, options: Omit<DirectoryOptions, "path"> = {}) =>
    make(twice({ "a/x.npy": x, "a/y.npy": y }), options);

  test("takes fractions and tables as values, 0 and 1 in tables as labels, whole numbers as classes", async () => {
    const cases = [
      [makeNpy([0.5, 2, 3]), {}, { kind: "values", width: 1 }],
      [makeNpy([1, 2, 3, 4, 5, 6], { shape: [3, 2], descr: "<i8" }), {}, { kind: "values", width: 2 }],
      [makeNpy([1, 0, 1], { shape: [3, 1] }), {}, { kind: "labels", width: 1 }],
      [makeNpy([1, 0, 1], { shape: [3, 1] }), { targetKind: "values" }, { kind: "values", width: 1 }],
      [makeNpy([4, 7, 9], { descr: "<f8" }), {}, { kind: "classes", width: 0 }],
      [makeNpy([4, 7, 9], { descr: "<f8" }), { targets: ["age"] }, { kind: "values", width: 1, names: ["age"] }],
      [makeNpy([1, 0, 1], { descr: "<i8" }), { labels: ["ill"] }, { kind: "labels", width: 1, names: ["ill"] }],
    ] as const;
    for (const [y, options, wanted] of cases) {
      expect(readTargetForm(await read(y, options))).toMatchObject(wanted);
    }
    const packed = await make(twice({ "a/1.npz": makeNpz([1, 2, 3], [0, 1, 2], { shape: [3, 1] }) }), {
      targetKind: "values",
    });
    expect(readTargets(packed.testStream)).toEqual([[0, 1, 2]]);
  });

  test("deals samples where there are no folders of experiences, as there are no classes to deal", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${i / 2}`);
    const files = { "all.csv": ["a,b", ...rows].join("\n") };
    const benchmark = await make(files, { targets: ["b"], experiences: 2 });
    expect([...benchmark.trainStream].map(({ dataset }) => dataset.length)).toEqual([8, 8]);
    await expect(make(files, { targets: ["b"], scenario: "class-incremental" })).rejects.toThrow(
      'scenario "class-incremental" requires classes, and the targets are numbers',
    );
  });
});

describe("directoryBenchmark() refuses in one sentence", () => {
  const csv = (cell: string) => `a,b\n1,2\n3,${cell}\n`;
  const array = { shape: [2, 1], descr: "<f4" } as const;
  const x = makeNpy([1, 2], array);
  const months = (first: Uint8Array, second: Uint8Array): Files =>
    twice({ "1/x.npy": x, "1/y.npy": first, "2/x.npy": x, "2/y.npy": second });
  const table = (values: readonly number[]) => makeNpy(values, { shape: [2, values.length / 2] });

  const refusals: readonly (readonly [string, Files, Omit<DirectoryOptions, "path">, string])[] = [
    [
      "text",
      twice({ "0/1.csv": csv("old") }),
      { targets: ["b"] },
      '1.csv, row 3: "b" must be a finite float32 number, got "old"',
    ],
    [
      "no number",
      twice({ "0/1.csv": csv("NaN") }),
      { targets: ["b"] },
      '1.csv, row 3: "b" must be a finite float32 number, got "NaN"',
    ],
    ["an empty cell", twice({ "0/1.csv": csv("") }), { targets: ["b"] }, '1.csv, row 3: "b" is missing'],
    ["a half label", twice({ "0/1.csv": csv("0.5") }), { labels: ["b"] }, '1.csv, row 2: "b" must be 0 or 1, got "2"'],
    [
      "a column that is not there",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["b", "bb"] },
      'one of them "bb", got ["a", "b"], did you mean b?',
    ],
    [
      "a table without features",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["a", "b"] },
      '1.csv: must have columns beside "a", "b"',
    ],
    [
      "a label that is not known",
      twice({ "0/1.csv": csv("red") }),
      { labelColumn: "b", labelSeparator: ";", labelNames: ["2"] },
      'the label must be one of ["2"], got "red"',
    ],
    [
      "no labels at all",
      twice({ "0/1.csv": "a,label\n1,\n2,\n" }),
      { labelSeparator: ";" },
      "must have a label in some row, got none",
    ],
    [
      "another width in month 2",
      months(table([1, 2]), table([1, 2, 3, 4])),
      {},
      '/train/1", got 2 values a sample (targetKind says what arrays hold)',
    ],
    ["classes in month 2", months(makeNpy([1.5, 2]), makeNpy([1, 2])), {}, "needs 1 value a sample as targets, as in"],
    [
      "other numbers of rows",
      months(table([1, 2, 3, 4]), makeNpy([1, 2, 3], { shape: [3, 1] })),
      {},
      "/train/2/y.npy: targets must have the shape [2, T], values for each of 2 samples, got [3, 1]",
    ],
    [
      "an array of three axes",
      months(table([1, 2]), makeNpy([1, 2], { shape: [2, 1, 1] })),
      { targetKind: "values" },
      "y.npy: targets must have the shape [2, T]",
    ],
    [
      "an array that is infinite",
      months(table([1, Number.POSITIVE_INFINITY]), table([1, 2])),
      {},
      "train/1/y.npy, row 1: target 0 must be a finite float32 number, got Infinity",
    ],
    [
      "labels that are none",
      months(table([1, 2]), table([1, 2])),
      { targetKind: "labels" },
      "train/1/y.npy, row 1: target 0 must be 0 or 1, got 2",
    ],
    [
      "fewer names than columns",
      months(table([1, 2, 3, 4]), table([1, 2, 3, 4])),
      { targets: ["a", "b", "c"] },
      "targets must have the shape [2, 3], values for each of 2 samples, got [2, 2]",
    ],
    [
      "fractions as classes",
      months(makeNpy([1.5, 2]), makeNpy([1, 2])),
      { targetKind: "classes" },
      "y.npy, row 0: the label must be a whole number within ±2^53, got 1.5",
    ],
    [
      "images",
      twice({ "0/a/1.png": makePng(2) }),
      { targets: ["a"] },
      "train/0: folders of images have classes as targets alone",
    ],
    [
      "two kinds",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["a"], labels: ["b"] },
      "targets cannot be used with labels",
    ],
    [
      "another kind",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["b"], targetKind: "labels" },
      'targetKind must be "values" beside targets, got "labels"',
    ],
    [
      "a label column beside",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["b"], labelColumn: "a" },
      'labelColumn is for classes, got "a" beside targets',
    ],
    ["a name twice", twice({ "0/1.csv": csv("1") }), { labels: ["b", "b"] }, 'labels has "b" twice'],
    [
      "a dropped target",
      twice({ "0/1.csv": csv("1") }),
      { targets: ["b"], dropColumns: ["b"] },
      'dropColumns must not have the target "b"',
    ],
    [
      "a separator for arrays",
      months(table([1, 2]), table([1, 2])),
      { labelSeparator: ";" },
      "labelSeparator is for CSV files",
    ],
  ];
  for (const [name, files, options, message] of refusals) {
    test(name, async () => {
      await expect(make(files, options)).rejects.toThrow(message);
    });
  }
});
