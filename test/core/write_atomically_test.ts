import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../../src/core/write_atomically.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-write-export-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("writeAtomically()", () => {
  test("writes the bytes and nothing else, when the file is new or replaced", async () => {
    const path = join(folder, "model.onnx");
    await writeAtomically(path, Uint8Array.of(1, 2, 3));
    await writeAtomically(path, Uint8Array.of(4));
    expect([...(await readFile(path))]).toEqual([4]);
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  test("leaves neither a part nor a file, when it fails", async () => {
    await expect(writeAtomically(join(folder, "missing", "model.onnx"), new Uint8Array(1))).rejects.toThrow();
    // A folder that is not empty cannot be replaced by a file: the renaming fails after the writing went well.
    const occupied = join(folder, "occupied");
    await mkdir(occupied);
    await writeFile(join(occupied, "inside"), "");
    await expect(writeAtomically(occupied, new Uint8Array(1))).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
    expect(await readdir(occupied)).toEqual(["inside"]);
  });
});
