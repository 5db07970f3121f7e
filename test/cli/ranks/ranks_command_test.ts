import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";
import { findLauncher, type RanksEnd } from "../../support/mpi_launcher.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const PLUGIN = fileURLToPath(new URL("./breaking_plugin.ts", import.meta.url));
const SMALL = ["--model", "mlp:hiddenSize=16,hiddenLayers=1,dropout=0.2", "--batch-size", "64", "--epochs", "2"];

/** Ranks that share a busy core take turns. */
const PATIENCE_MS = 180_000;
/** How long a rank may say nothing: a busy machine may not let it speak for some seconds. */
const SILENCE_S = "10";
const launcher = findLauncher();
const without = typeof launcher === "string" ? ` (skipped: ${launcher})` : "";
let data = "";

/** Four logical shards, so that four ranks have one each. */
function listWords(strategy: string, out: string): string[] {
  const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--strategy", strategy];
  return ["train", "--quiet", "--out", out, ...benchmark, ...SMALL, "--logical-shards", "4", "--workers", "0"];
}

async function runRanks(ranks: number, words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<RanksEnd> {
  if (typeof launcher === "string") throw new Error(launcher);
  return launcher.start(ranks, [MAIN, ...words], environment);
}

async function makeOut(): Promise<string> {
  return join(await makeFolder({}), "run");
}

describe("train, started by MPI", () => {
  beforeAll(async () => {
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 30, testPerClass: 6 }));
  });
  afterAll(removeFolders);

  for (const [strategy, ranks] of [
    ["replay:memSize=20", 4],
    ["ewc:lambda=1", 2],
    ["icarl:memSize=20", 2],
  ] as const) {
    test.if(without === "")(
      `ends ${strategy} on ${ranks} ranks as without MPI${without}`,
      async () => {
        const [whole, shared] = [await makeOut(), await makeOut()];
        await captureCli(listWords(strategy, whole));
        const { status, stderr, stdout } = await runRanks(ranks, listWords(strategy, shared));
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        // Rank 0 alone shows the result, and writes files.
        expect(stdout.match(/stream accuracy/g)).toHaveLength(1);
        expect(await readEnding(shared)).toEqual(await readEnding(whole));
        const logs = (await readdir(shared)).filter((name) => name.startsWith("rank-"));
        expect(logs.sort()).toEqual(Array.from({ length: ranks - 1 }, (_, i) => `rank-${i + 1}.log`));
        expect(await readdir(join(shared, "onnx"))).toEqual(await readdir(join(whole, "onnx")));
      },
      PATIENCE_MS,
    );
  }

  test.if(without === "")(
    `names a lost rank and goes on to the same end on other ranks${without}`,
    async () => {
      const [whole, shared] = [await makeOut(), await makeOut()];
      const broken = ["--plugin", `path=${PLUGIN}`, "--checkpoint-every", "3"];
      await captureCli([...listWords("replay:memSize=20", whole), ...broken]);
      const words = [...listWords("replay:memSize=20", shared), ...broken];
      const lost = await runRanks(3, words, { FIRN_BREAK: "1 8 SIGKILL" });
      expect(lost.status).not.toBe(0);
      expect(lost.stderr).toMatch(/^rank 1 of 3 \(process \d+ on .+\) was lost: its process has ended; go on with: /m);
      expect(await readFile(join(shared, "rank-2.log"), "utf8")).toContain("rank 1 of 3 ");
      const resumed = await runRanks(2, ["train", "--quiet", "--trust", "--resume", shared]);
      expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
      expect(await readEnding(shared)).toEqual(await readEnding(whole));
    },
    PATIENCE_MS,
  );

  for (const [silent, how, silence] of [
    [1, "SIGSTOP", "rank 1 of 3 (process PID on HOST) was lost: it was silent for"],
    [1, "hang", "rank 1 of 3 (process PID on HOST) was lost: it was silent for"],
    [0, "SIGSTOP", "rank 0 of 3 was lost: it was silent for"],
  ] as const) {
    test.if(without === "")(
      `names rank ${silent} that lives and says nothing (${how}), and goes on to the same end${without}`,
      async () => {
        const [whole, shared] = [await makeOut(), await makeOut()];
        const broken = ["--plugin", `path=${PLUGIN}`, "--checkpoint-every", "3"];
        await captureCli([...listWords("replay:memSize=20", whole), ...broken]);
        const words = [...listWords("replay:memSize=20", shared), ...broken, "--rank-timeout", SILENCE_S];
        const lost = await runRanks(3, words, { FIRN_BREAK: `${silent} 8 ${how}` });
        expect(lost.status).not.toBe(0);
        const said = lost.stderr.replace(/process \d+ on [^)]+/g, "process PID on HOST").split("\n");
        expect(said.filter((line) => line.startsWith(silence) && line.includes("; go on with: "))).toHaveLength(1);
        const { status } = await captureCli(["train", "--quiet", "--trust", "--resume", shared]);
        expect(status).toBe(0);
        expect(await readEnding(shared)).toEqual(await readEnding(whole));
      },
      PATIENCE_MS,
    );
  }

  test.if(without === "")(
    `stops all ranks at one iteration when one is told to stop${without}`,
    async () => {
      const [whole, shared] = [await makeOut(), await makeOut()];
      const broken = ["--plugin", `path=${PLUGIN}`];
      await captureCli([...listWords("naive", whole), ...broken]);
      const stopped = await runRanks(2, [...listWords("naive", shared), ...broken], { FIRN_BREAK: "1 3 SIGTERM" });
      // Rank 0 itself got no signal.
      expect(stopped.status).toBe(130);
      expect(stopped.stderr).toMatch(/^Interrupted; go on with: .* --resume /m);
      expect(JSON.parse(await readFile(join(shared, "summary.json"), "utf8")).status).toBe("interrupted");
      const { status } = await captureCli(["train", "--quiet", "--trust", "--resume", shared, "--workers", "1"]);
      expect(status).toBe(0);
      expect(await readEnding(shared)).toEqual(await readEnding(whole));
    },
    PATIENCE_MS,
  );

  test.if(without === "")(
    `tells on rank 0 why another rank failed${without}`,
    async () => {
      const words = [...listWords("naive", await makeOut()), "--plugin", `path=${PLUGIN}`];
      const { status, stderr } = await runRanks(2, words, { FIRN_BREAK: "1 3 throw" });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^rank 1 of 2 \(.+\) failed: made to fail; go on with: /m);
    },
    PATIENCE_MS,
  );

  test.if(without === "")(
    `refuses once, with status 2, what every rank refuses${without}`,
    async () => {
      const out = await makeOut();
      const { status, stderr } = await runRanks(2, [...listWords("naive", out), "--data", "/nowhere"]);
      expect(status).toBe(2);
      expect(stderr.match(/nowhere/g)).toHaveLength(1);
      expect(existsSync(out)).toBe(false);
    },
    PATIENCE_MS,
  );
});
