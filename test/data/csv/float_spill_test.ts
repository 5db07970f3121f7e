import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { OWNER_MARK } from "../../../src/core/left_behind.ts";
import { readProcess } from "../../../src/core/processes/read_process.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const PROGRAM = fileURLToPath(new URL("spill_rows.ts", import.meta.url));

/** Runs a process with a file of rows, and says where that is, or was. */
function spillRows(temporary: string, ...words: readonly string[]): string {
  const run = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", PROGRAM] : [PROGRAM];
  const env = { ...process.env, TMPDIR: temporary };
  const { stdout, stderr } = spawnSync(process.execPath, [...run, ...words], { env, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout;
}

describe("FloatSpill", () => {
  test("leaves nothing, and is rid of what a process has left that was killed, and not of what others have", async () => {
    const temporary = await makeFolder({});
    const left = spillRows(temporary, "killed");
    expect([...new Float32Array(Uint8Array.from(await readFile(left)).buffer)]).toEqual([1]);
    const name = basename(dirname(left));
    const [, host = "", number = ""] = /^firn-rows\.([0-9a-f]{8})\.(\d+)[.-]/.exec(name) ?? [];
    const others = [`firn-rows.${OWNER_MARK}-a`, name.replace(host, "01234567"), "firn-rows-old"];
    // Of an earlier process that had this one's number, as the first one of a container has. Linux alone tells.
    if (readProcess(process.pid)) await mkdir(join(temporary, name.replace(number, String(process.pid))));
    for (const other of others) await mkdir(join(temporary, other));
    expect(dirname(dirname(spillRows(temporary)))).toBe(temporary);
    expect((await readdir(temporary)).sort()).toEqual(others.sort());
  });
});
