import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const runtimeWords = process.versions.deno ? ["run", "--allow-all", program] : [program];

/** Starts the program in the runtime that runs this test. */
function start(words: readonly string[]): {
  child: ChildProcess;
  ended: Promise<{ status: number | null; stdout: string }>;
} {
  const child = spawn(process.execPath, [...runtimeWords, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  const ended = new Promise<{ status: number | null; stdout: string }>((resolve, reject) => {
    child.on("error", reject);
    // Deno reports the exit status 130 as the signal that it stands for.
    child.on("close", (status, signal) => resolve({ status: signal === "SIGINT" ? 130 : status, stdout }));
  });
  return { child, ended };
}

describe("main", () => {
  test("exits with 0 after help, and with 2 after a refusal", async () => {
    const help = await start(["train", "--help"]).ended;
    expect(help.status).toBe(0);
    expect(help.stdout).toContain("Usage: firn train");
    expect((await start(["train", "--epochs", "no"]).ended).status).toBe(2);
  });

  test("ends by itself after a run with Workers", async () => {
    const data = await makeFolder(makeMNISTFiles());
    const out = join(await makeFolder({}), "run");
    const words = ["train", "--data", data, "--out", out, "--model", "mlp:hiddenSize=8", "--workers", "2", "--quiet"];
    const { status, stdout } = await start(words).ended;
    expect(status).toBe(0);
    expect(stdout).toContain("stream accuracy");
  });

  test("exits with 130 on SIGINT in the middle of training, and leaves a summary that says so", async () => {
    const data = await makeFolder(makeMNISTFiles());
    const out = join(await makeFolder({}), "run");
    const words = ["train", "--data", data, "--out", out, "--model", "mlp:hiddenSize=8", "--workers", "1"];
    const { child, ended } = start([...words, "--epochs", "1000000"]);
    let isTold = false;
    child.stdout?.on("data", (chunk) => {
      // The end of an epoch is proof that training goes on.
      if (isTold || !String(chunk).includes("ended.")) return;
      isTold = true;
      child.kill("SIGINT");
    });
    expect((await ended).status).toBe(130);
    const summary: unknown = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(summary).toMatchObject({ status: "interrupted", experiences: [] });
  });
});
