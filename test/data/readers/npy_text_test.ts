import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { parseNpyTexts } from "../../../src/data/readers/npy_text.ts";
import { encodeLabels } from "../../../src/serving/feedback/encode_npy.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { makeNpy } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { BOOLEANS, TEXTS } from "../numpy_files.ts";

afterAll(removeFolders);

describe("parseNpyTexts()", () => {
  test("reads what numpy wrote, and nothing from numbers", () => {
    expect(parseNpyTexts(TEXTS, "y.npy")).toEqual(["a", "b"]);
    expect(parseNpyTexts(BOOLEANS, "y.npy")).toBeUndefined();
    const bytes = encodeLabels(["cat", "ox"]);
    const header = String.fromCharCode(...bytes.subarray(0, 256)).replace("<U3", "|S3");
    const narrow = Uint8Array.from(`${header}catox\0`, (letter) => letter.charCodeAt(0));
    expect(parseNpyTexts(narrow, "y.npy")).toEqual(["cat", "ox"]);
  });

  test("reads back every list of texts that was encoded", () => {
    const text = fc.string({ unit: "binary", maxLength: 9 }).filter((name) => !/\0$|\p{Cs}/u.test(name));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (names) => {
        const labels = [...names, "no number"];
        expect(parseNpyTexts(encodeLabels(labels), "y.npy")).toEqual(labels);
      }),
    );
  });

  test("refuses what was cut short, and characters that there are none of", () => {
    const whole = encodeLabels(["cat", "ox"]);
    expect(() => parseNpyTexts(whole.subarray(0, -1), "y.npy")).toThrow(
      "y.npy: shape [2] of <U3 needs 24 bytes of data, got 23",
    );
    const broken = whole.slice();
    broken.fill(0xff, 268, 272);
    expect(() => parseNpyTexts(broken, "y.npy")).toThrow(
      "y.npy, row 1: the text has a character of the number 4294967295",
    );
  });
});

describe("directoryBenchmark()", () => {
  test("takes the names of classes from y.npy, and passes over source.jsonl", async () => {
    const path = await makeFolder({
      "a/d.csv": "u,v,label\n1,2,cat\n3,4,dog\n5,6,cat\n7,8,dog\n1,1,cat\n2,2,dog\n",
      "b/source.jsonl": "{}\n",
    });
    await writeFile(join(path, "b", "x.npy"), makeNpy([1, 2, 3, 4, 5, 6], { shape: [3, 2], descr: "<f4" }));
    await writeFile(join(path, "b", "y.npy"), encodeLabels(["dog", "bee", "dog"]));
    const { classNames, trainStream, testStream } = await directoryBenchmark({
      path,
      testsAll: true,
      classNames: ["cat", "dog"],
      addClasses: true,
    });
    expect(classNames).toEqual(["cat", "dog", "bee"]);
    expect([...trainStream].map(({ dataset }) => [...dataset.targets])).toEqual([
      [0, 1, 0, 1, 0, 1],
      [1, 2, 1],
    ]);
    expect(testStream.length).toBe(2);
    await expect(directoryBenchmark({ path: join(path, "b"), targets: ["u"] })).rejects.toThrow(
      "y.npy: targets must be numbers",
    );
  });
});
