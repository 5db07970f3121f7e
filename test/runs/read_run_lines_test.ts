import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRunLines } from "../../src/runs/read_run_lines.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** All lines that are read of a file with these contents. */
async function read(text: string): Promise<string[]> {
  const path = join(await makeFolder({}), "lines");
  await writeFile(path, text);
  const lines: string[] = [];
  for await (const group of readRunLines(path)) lines.push(...group);
  return lines;
}

describe("readRunLines()", () => {
  test("gives whole lines, however they lie in what is read at once, and leaves a part of a last one out", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${"é".repeat(i % 97)}`);
    expect(await read(`${lines.join("\n")}\npart`)).toEqual(lines);
    expect(await read("\n\na\n")).toEqual(["", "", "a"]);
    expect(await read("")).toEqual([]);
  });

  test("gives nothing where there is no file, and refuses what is none", async () => {
    const folder = await makeFolder({});
    for await (const group of readRunLines(join(folder, "nowhere"))) expect(group).toEqual([]);
    await expect(readRunLines(folder).next()).rejects.toThrow(`${folder} is no file`);
  });
});
