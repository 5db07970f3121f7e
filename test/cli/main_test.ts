import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const runtimeWords = process.versions.deno ? ["run", "--allow-all", program] : [program];

/** How a program ended. */
interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program in the runtime that runs this test. A number is a file that is open for writing. */
function start(
  words: readonly string[],
  {
    stdout: out = "pipe",
    stderr: err = "pipe",
  }: { readonly stdout?: "pipe" | number; readonly stderr?: "pipe" | number } = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ending> } {
  const child = spawn(process.execPath, [...runtimeWords, ...words], { stdio: ["ignore", out, err] });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on("error", reject);
    // Deno reports the exit status 130 as the signal that it stands for.
    child.on("close", (status, signal) => resolve({ status: signal === "SIGINT" ? 130 : status, stdout, stderr }));
  });
  return { child, ended };
}

/** The words of a small run, and its folder. */
async function makeTraining() {
  const data = await makeFolder(makeMNISTFiles());
  const out = join(await makeFolder({}), "run");
  return {
    out,
    words: ["train", "--data", data, "--out", out, "--model", "mlp:hiddenSize=8", "--workers", "0", "--no-onnx"],
  };
}

/** Asserts that the run in `out` came to its end. */
async function expectFinished(out: string): Promise<void> {
  expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).toMatchObject({ status: "finished" });
  expect(await readdir(out)).not.toContain("run.lock");
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

describe("main without a reader", () => {
  for (const follow of [["--json"], []]) {
    test(`goes on to the run's end, when nobody reads standard output any more (${follow.join("") || "text"})`, async () => {
      const { out, words } = await makeTraining();
      const { child, ended } = start([...words, "--epochs", "5", ...follow]);
      child.stdout?.once("data", () => child.stdout?.destroy());
      const { status, stderr } = await ended;
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      await expectFinished(out);
    }, 60_000);
  }

  test("goes on to the run's end, when nobody reads standard error any more", async () => {
    const { out, words } = await makeTraining();
    const { child, ended } = start([...words, "--dashboard", "--quiet"]);
    child.stderr?.destroy();
    expect((await ended).status).toBe(0);
    await expectFinished(out);
  }, 60_000);

  test("ends with 0 and without a word, when nobody reads a list", async () => {
    const { child, ended } = start(["strategies"]);
    child.stdout?.destroy();
    const { status, stderr } = await ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("main on a full disk", () => {
  const full = existsSync("/dev/full") ? openSync("/dev/full", "w") : undefined;
  afterAll(() => full !== undefined && closeSync(full));

  test.if(full !== undefined)(
    "goes on to the run's end, says that its output is lost and exits with 1",
    async () => {
      const { out, words } = await makeTraining();
      const { status, stderr } = await start(words, { stdout: full ?? 1 }).ended;
      const message = "Cannot write standard output: there is no space left on the disk\n";
      expect({ status, stderr }).toEqual({ status: 1, stderr: message });
      await expectFinished(out);
      expect((await start(["models", "--json"], { stdout: full ?? 1 }).ended).status).toBe(1);
    },
    60_000,
  );

  test.if(full !== undefined)("exits with 2 after a refusal that cannot be written", async () => {
    expect((await start(["train", "--epochs", "no"], { stderr: full ?? 2 }).ended).status).toBe(2);
  });
});
