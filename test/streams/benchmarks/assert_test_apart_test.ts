import { afterAll, describe, expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const rows = "a,label\n1,x\n2,y\n3,x\n4,y\n";

describe("directoryBenchmark() with testPath", () => {
  test("refuses what path names, too: as a pattern, a folder or a link, and takes what lies apart", async () => {
    const folder = await makeFolder({
      "train-0.csv": rows,
      "test-0.csv": rows,
      "held/0.csv": rows,
      ".kept/0.csv": rows,
      "linked/1.csv": rows,
    });
    await symlink(`${folder}/train-0.csv`, `${folder}/linked/0.csv`);
    const make = (path: string, testPath: string) =>
      directoryBenchmark({ path: `${folder}/${path}`, testPath: `${folder}/${testPath}` });
    for (const [path, testPath, shared] of [
      ["*.csv", "test-*.csv", "test-0.csv"],
      ["train-0.csv", "*.csv", "train-0.csv"],
      ["held", "held/0.csv", "held/0.csv"],
      ["held/*.csv", "held", "held/0.csv"],
      ["held", "held/../held", "held/../held"],
      ["**/*.csv", "held", "held/0.csv"],
      ["train-*.csv", "linked", "linked/0.csv"],
    ] as const) {
      const told = `is in path=${folder}/${path} and in testPath=${folder}/${testPath}, too`;
      await expect(make(path, testPath)).rejects.toThrow(`${shared}: ${told}`);
    }
    for (const [path, testPath] of [
      ["train-*.csv", "test-*.csv"],
      ["train-0.csv", "held"],
      ["held", ".kept"],
    ] as const) {
      const { trainStream, testStream } = await make(path, testPath);
      expect([...trainStream].reduce((sum, { dataset }) => sum + dataset.length, 0)).toBe(4);
      expect([...testStream].reduce((sum, { dataset }) => sum + dataset.length, 0)).toBe(4);
    }
  });
});
