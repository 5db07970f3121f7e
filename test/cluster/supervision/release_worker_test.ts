import { describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROGRAM = fileURLToPath(new URL("./forgetful_program.ts", import.meta.url));

describe("releaseWorker()", () => {
  test("lets a program end whose author forgot to close the cluster, and not before its work is done", async () => {
    const words = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", PROGRAM] : [PROGRAM];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    expect(stdout).toBe("all steps done\n");
  });
});
