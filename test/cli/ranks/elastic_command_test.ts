import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";
import { findElasticLauncher, findLauncher, type MpiLauncher } from "../../support/mpi_launcher.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const PLUGIN = fileURLToPath(new URL("./breaking_plugin.ts", import.meta.url));
const SMALL = ["--model", "mlp:hiddenSize=16,hiddenLayers=1,dropout=0.2", "--batch-size", "64", "--epochs", "2"];

/** Ranks that share a busy core take turns. */
const PATIENCE_MS = 180_000;
/** How long a rank may say nothing: a busy machine may not let it speak for some seconds. */
const SILENCE_S = "10";
const any = findLauncher();
const withoutAny = typeof any === "string" ? ` (skipped: ${any})` : "";
const elastic = findElasticLauncher();
const withoutElastic = typeof elastic === "string" ? ` (skipped: ${elastic})` : "";
let data = "";

function listWords(out: string): string[] {
  const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--strategy", "replay:memSize=20"];
  const broken = ["--plugin", `path=${PLUGIN}`];
  return [
    "train",
    "--quiet",
    "--out",
    out,
    ...benchmark,
    ...SMALL,
    ...broken,
    "--logical-shards",
    "4",
    "--workers",
    "0",
  ];
}

function require(launcher: MpiLauncher | string): MpiLauncher {
  if (typeof launcher === "string") throw new Error(launcher);
  return launcher;
}

async function makeOut(): Promise<string> {
  return join(await makeFolder({}), "run");
}

describe("train --elastic", () => {
  beforeAll(async () => {
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 30, testPerClass: 6 }));
  });
  afterAll(removeFolders);

  test("is refused in a process that is alone", async () => {
    const out = await makeOut();
    const { status, stderr } = await captureCli([...listWords(out), "--elastic"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "--elastic requires several ranks: mpirun --with-ft ulfm -np 4 …\n",
    });
    expect(existsSync(out)).toBe(false);
  });

  test.if(withoutAny === "")(
    `is refused, in one sentence, where MPI is not told to go on${withoutAny}`,
    async () => {
      const out = await makeOut();
      const { status, stderr } = await require(any).start(2, [MAIN, ...listWords(out), "--elastic"]);
      expect(status).toBe(2);
      expect(
        stderr.match(/--elastic requires (?:that ULFM is switched on: mpirun|Open MPI 5 with ULFM, got)/g),
      ).toHaveLength(1);
      expect(existsSync(out)).toBe(false);
    },
    PATIENCE_MS,
  );

  for (const [how, what] of [
    ["SIGKILL", "is lost"],
    ["SIGSTOP", "lives and says nothing"],
  ]) {
    test.if(withoutElastic === "")(
      `goes on without a rank that ${what}, to the end of an undisturbed run${withoutElastic}`,
      async () => {
        const [whole, shared] = [await makeOut(), await makeOut()];
        await captureCli(listWords(whole));
        const words = [MAIN, ...listWords(shared), "--elastic", "--rank-timeout", SILENCE_S];
        const { stderr } = await require(elastic).start(3, words, { FIRN_BREAK: `1 8 ${how}` });
        expect(stderr).toMatch(
          /^rank 1 of 3 \(process \d+ on .+\) was lost at training iteration 8: going on with 2 ranks$/m,
        );
        expect(await readFile(join(shared, "rank-2.log"), "utf8")).toMatch(
          /rank 1 of 3.* was lost at .* 8: going on with 2/,
        );
        expect(await readEnding(shared)).toEqual(await readEnding(whole));
        const { lostRanks } = JSON.parse(await readFile(join(shared, "summary.json"), "utf8"));
        expect(lostRanks).toEqual([{ rank: 1, left: 2, iteration: 8 }]);
      },
      PATIENCE_MS,
    );
  }

  test.if(withoutElastic === "")(
    `ends, and can be resumed, where rank 0 is lost${withoutElastic}`,
    async () => {
      const [whole, shared] = [await makeOut(), await makeOut()];
      await captureCli(listWords(whole));
      const words = [MAIN, ...listWords(shared), "--elastic", "--checkpoint-every", "3"];
      const { status, stderr } = await require(elastic).start(2, words, { FIRN_BREAK: "0 8 SIGKILL" });
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/^rank 0 of 2 was lost: its process has ended; go on with: /m);
      const { status: resumed } = await captureCli(["train", "--quiet", "--trust", "--resume", shared]);
      expect(resumed).toBe(0);
      expect(await readEnding(shared)).toEqual(await readEnding(whole));
    },
    PATIENCE_MS,
  );
});
