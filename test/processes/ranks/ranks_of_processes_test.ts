import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { assertProcessesShare } from "../../../src/cluster/processes/probe_processes.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";
import { findLauncher } from "../../support/mpi_launcher.ts";
import { listWords, makeOut } from "./compared_run.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const PLUGIN = fileURLToPath(new URL("./replica_killing_plugin.ts", import.meta.url));
/** Ranks that share a busy core take turns. */
const PATIENCE_MS = 180_000;

const launcher = findLauncher();
/** Why replicas cannot live in processes here; undefined where they can. */
const refusal: string | undefined = await assertProcessesShare().then(() => undefined, String);
const withoutProcesses = refusal === undefined ? "" : ` (skipped: ${refusal})`;
const withoutRanks = typeof launcher === "string" ? ` (skipped: ${launcher})` : withoutProcesses;

let data = "";

async function runRanks(ranks: number, words: readonly string[], environment?: NodeJS.ProcessEnv) {
  if (typeof launcher === "string") throw new Error(launcher);
  return launcher.start(ranks, [MAIN, ...words], environment);
}

describe("train in processes of ranks", () => {
  let whole: Awaited<ReturnType<typeof readEnding>>;
  beforeAll(async () => {
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 30, testPerClass: 6 }));
    const out = await makeOut();
    expect((await captureCli(listWords(data, out, "--workers", "0"))).status).toBe(0);
    whole = await readEnding(out);
  });
  afterAll(removeFolders);

  test.if(withoutRanks === "")(
    `ends on 2 ranks of 2 processes as without either, though one process is killed on the way${withoutRanks}`,
    async () => {
      const out = await makeOut();
      const layout = ["--isolation", "process", "--workers", "2", "--max-restarts", "1"];
      const killing = ["--plugin", `path=${PLUGIN}`];
      const { status, stderr } = await runRanks(2, listWords(data, out, ...layout, ...killing), {
        FIRN_KILL_REPLICA: "1 2",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(await readEnding(out)).toEqual(whole);
      const log = await readFile(join(out, "rank-1.log"), "utf8");
      expect(log).toMatch(/Replica \d was lost and is replaced \(1 of 1\): .*SIGKILL/);
    },
    PATIENCE_MS,
  );

  for (const precision of ["bfloat16", "float16"]) {
    test.if(withoutRanks === "")(
      `refuses ${precision} on the processor once for all ranks, and writes nothing${withoutRanks}`,
      async () => {
        const out = await makeOut();
        const layout = ["--isolation", "process", "--workers", "2", "--precision", precision];
        const { status, stderr } = await runRanks(2, listWords(data, out, ...layout));
        expect(status).toBe(2);
        expect(stderr.match(new RegExp(`precision ${precision} needs CUDA devices, got cpu`, "g"))).toHaveLength(1);
        expect(existsSync(out)).toBe(false);
      },
      PATIENCE_MS,
    );
  }
});
