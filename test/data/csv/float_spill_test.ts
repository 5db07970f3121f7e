import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
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
    const [name, mark] = [basename(dirname(left)), /^firn-rows\.([0-9a-f]{8}\.)(\d+)-/.exec(basename(dirname(left)))];
    const others = [
      name.replace(mark?.[2] ?? "", String(process.pid)),
      name.replace(mark?.[1] ?? "", "01234567."),
      "firn-rows-old",
    ];
    for (const other of others) await mkdir(join(temporary, other));
    expect(dirname(dirname(spillRows(temporary)))).toBe(temporary);
    expect((await readdir(temporary)).sort()).toEqual(others.sort());
  });
});
