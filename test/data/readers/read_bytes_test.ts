import { afterAll, describe, expect, test } from "bun:test";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { readBytes } from "../../../src/data/readers/read_bytes.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

describe("readBytes()", () => {
  test("gives all bytes of a file, and of an empty one none", async () => {
    const folder = await makeFolder({ some: Uint8Array.of(1, 2, 3), none: "" });
    expect(Array.from(await readBytes(join(folder, "some")))).toEqual([1, 2, 3]);
    expect((await readBytes(join(folder, "none"))).length).toBe(0);
  });

  test("refuses what is no file, is not there, or is larger than an array may be, before it reads", async () => {
    const folder = await makeFolder({ large: "" });
    // Sparse: it takes no room.
    await truncate(join(folder, "large"), 2 ** 33);
    const refusals: [string, string][] = [
      [join(folder, "missing"), "missing: there is no such file or folder"],
      [folder, `${folder}: it is a folder, not a file`],
      ["/dev/zero", "/dev/zero: it is no file"],
      [join(folder, "large"), "large: an array must have at most "],
    ];
    for (const [path, message] of refusals) await expect(readBytes(path)).rejects.toThrow(message);
  });
});
