import { afterAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../../support/made_idx.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("../../../../src/cli/main.ts", import.meta.url));
const runtimeWords = process.versions.deno ? ["run", "--allow-all", "--no-check", program] : [program];

/** Runs the program in the runtime that runs this test, as tests in Deno may not listen themselves. */
function runProgram(words: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [...runtimeWords, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stderr }));
  });
}

async function train(words: readonly string[]) {
  const data = await makeFolder(makeMNISTFiles());
  const out = join(await makeFolder({}), "run");
  const small = ["--model", "mlp:hiddenSize=8", "--workers", "0", "--no-onnx", "--quiet"];
  return { out, ...(await runProgram(["train", "--data", data, "--out", out, ...small, ...words])) };
}

describe("train --dashboard", () => {
  test("says where the page is, ends with the run, and changes nothing that it learns", async () => {
    const [served, plain] = [await train(["--dashboard"]), await train([])];
    expect(served.status).toBe(0);
    expect(served.stderr).toMatch(/The run's page is at http:\/\/127\.0\.0\.1:\d+\/\n/);
    const read = ({ out }: { out: string }) => readFile(join(out, "metrics.jsonl"), "utf8");
    expect(await read(served)).toBe(await read(plain));
  }, 60_000);

  test("refuses a port that there is not, before a folder is made", async () => {
    const { status, stderr, out } = await train(["--dashboard", "70000"]);
    expect(status).toBe(2);
    expect(stderr).toContain("the dashboard's port must be a whole number from 0 to 65535, got 70000");
    await expect(readFile(join(out, "config.json"))).rejects.toThrow("ENOENT");
  }, 60_000);
});
