import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { isFilePattern, matchFiles } from "../../../src/data/readers/file_pattern.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const NAMES = ["b/x10.csv", "b/x2.csv", "b/.x3.csv", "c/y.csv", "c/deep/x1.csv", "[a]/z.csv", "x+.csv"];

function makeFiles(): Promise<string> {
  return makeFolder(Object.fromEntries(NAMES.map((name) => [name, Uint8Array.of(1)])));
}

describe("matchFiles()", () => {
  test("finds what fits a pattern, in natural order, from the last folder without one", async () => {
    const root = await makeFiles();
    for (const [pattern, folder, files] of [
      ["b/*.csv", "b", ["x2.csv", "x10.csv"]],
      ["b/x?.csv", "b", ["x2.csv"]],
      ["b/x[0-9][0-9].csv", "b", ["x10.csv"]],
      ["b/x[!1]*.csv", "b", ["x2.csv"]],
      ["b/.*.csv", "b", [".x3.csv"]],
      ["*/x*.csv", ".", ["b/x2.csv", "b/x10.csv"]],
      ["**/x*.csv", ".", ["b/x2.csv", "b/x10.csv", "c/deep/x1.csv", "x+.csv"]],
      ["x+*.csv", ".", ["x+.csv"]],
      ["c/y.csv", "c", ["y.csv"]],
    ] as const) {
      expect(await matchFiles(join(root, pattern))).toEqual({ folder: join(root, folder), files: [...files] });
    }
  });

  test("refuses a pattern that no file fits, and a folder that is not there", async () => {
    const root = await makeFiles();
    await expect(matchFiles(join(root, "*.parquet"))).rejects.toThrow(
      "*.parquet: must name at least one file, got none",
    );
    await expect(matchFiles(join(root, "none/*.csv"))).rejects.toThrow("none: there is no such file or folder");
  });
});

describe("isFilePattern()", () => {
  test("takes files and patterns for such, and not a folder, whatever its name", async () => {
    const root = await makeFiles();
    const names = ["b/*.csv", "c/y.csv", "b", "[a]", "none"];
    expect(await Promise.all(names.map((name) => isFilePattern(join(root, name))))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
