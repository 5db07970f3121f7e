import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./stubborn_program.ts", import.meta.url));

describe("runInProcess()", () => {
  test("says so where a process ends at once, as it was told to stop again", async () => {
    const words = process.versions.deno ? ["run", "--allow-all", "--no-check", PROGRAM] : [PROGRAM];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // Once for each line: when it listens, and when it has heard the first signal.
    const { pid } = child;
    if (pid === undefined) throw new Error("the program was not started");
    // Deno's `child.kill` sends one signal at most.
    child.stdout.on("data", () => process.kill(pid, "SIGTERM"));
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("SIGTERM was received again: ended at once\n");
  });
});
