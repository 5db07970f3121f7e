import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FolderMarks } from "../../../src/cli/watching/folder_marks.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

function makeMarks() {
  let nowMs = 0;
  const marks = new FolderMarks({ quietMs: 100, now: () => nowMs });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { marks, pass };
}

describe("FolderMarks", () => {
  test("takes a folder that was renamed at once", async () => {
    const root = await makeFolder({ "made/x.npy": "1", "made/y.npy": "2" });
    const { marks } = makeMarks();
    // Its last file came earlier: runtimes tell times to the millisecond.
    await utimes(join(root, "made"), 1e9, 1e9);
    await rename(join(root, "made"), join(root, "came"));
    expect(await marks.findWhole(join(root, "came"))).toContain("y.npy 1 ");
  });

  test("leaves one alone that is written where it is, until it has been quiet", async () => {
    const root = await makeFolder({ "cat/1.png": "1" });
    const { marks, pass } = makeMarks();
    expect(await marks.findWhole(root)).toBeUndefined();
    pass(99);
    await writeFile(join(root, "cat/2.png"), "22");
    expect(await marks.findWhole(root)).toBeUndefined();
    pass(99);
    expect(await marks.findWhole(root)).toBeUndefined();
    pass(1);
    expect(await marks.findWhole(root)).toContain("2.png 2 ");
  });

  test("does not take folders within folders for complete, nor empty ones", async () => {
    const root = await makeFolder({ "made/cat/1.png": "1" });
    const { marks, pass } = makeMarks();
    await rename(join(root, "made"), join(root, "came"));
    await mkdir(join(root, "empty"));
    for (const name of ["came", "empty", "gone"]) expect(await marks.findWhole(join(root, name))).toBeUndefined();
    pass(100);
    for (const name of ["empty", "gone"]) expect(await marks.findWhole(join(root, name))).toBeUndefined();
    expect(await marks.findWhole(join(root, "came"))).toBeDefined();
  });
});
