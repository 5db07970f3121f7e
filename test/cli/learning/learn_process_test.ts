import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTable, readSummary, train } from "../made_months.ts";

afterAll(removeFolders);

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** Starts the program, and waits until it has said something. */
async function start(words: readonly string[], said: RegExp): Promise<ChildProcess> {
  const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", MAIN] : [MAIN];
  const child = spawn(process.execPath, [...runtime, "learn", ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  await new Promise<void>((done, fail) => {
    child.stderr.on("data", (piece) => {
      text += piece;
      if (said.test(text)) done();
    });
    child.on("close", () => fail(new Error(`it ended: ${text}`)));
  });
  return child;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((done) => child.on("close", done));
  // Deno forgets the status of a child that it was asked to kill.
  process.kill(child.pid ?? 0, signal);
  return ended;
}

describe("learn, as a process", () => {
  test("goes on where it was killed, and ends with 0 when it is told to", async () => {
    const files = Object.fromEntries(
      [1, 2].map((month) => [`month${month}/d.csv`, makeTable(month, ["ant", "cat"], 40)]),
    );
    const [data, root] = [await makeFolder(files), await makeFolder({})];
    const out = join(root, "run");
    const training = [
      "--batch-size=8",
      "--epochs=10",
      "--logical-shards=2",
      "--workers=0",
      "--strategy=replay:memSize=12",
    ];
    const model = "--model=mlp:hiddenSize=8,hiddenLayers=1,incremental=true";
    const words = [data, `--out=${out}`, "--port=0", "--max-forgetting=1"];
    const killed = await start([...words, ...training, model, "--checkpoint-every=5"], /training experience 1/);
    expect(await end(killed, "SIGKILL")).toBeNull();
    const second = await start(words, / 1: promoted/);
    expect(await end(second, "SIGTERM")).toBe(0);
    const whole = join(root, "whole");
    await train(["--benchmark", `directory:path=${data}`, ...training, model, "--quiet", "--out", whole]);
    expect((await readSummary(out)).parametersHash).toBe((await readSummary(whole)).parametersHash);
  }, 120_000);
});
