import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";
import { CUT, ON_SECOND, TwoHosts } from "../../support/two_hosts.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const PLUGIN = fileURLToPath(new URL("./breaking_plugin.ts", import.meta.url));
/** Ranks that share a busy core take turns. */
const PATIENCE_MS = 180_000;
/** How long a rank may say nothing: a busy machine may not let it speak for some seconds. */
const SILENCE_S = "10";
const lack = TwoHosts.findLack();
const without = lack === undefined ? "" : ` (skipped: ${lack})`;
const elasticLack = TwoHosts.findLack(true);
const withoutElastic = elasticLack === undefined ? "" : ` (skipped: ${elasticLack})`;

const hosts = new TwoHosts();
let data = "";

function listWords(out: string): string[] {
  return [
    ...["train", "--quiet", "--no-onnx", "--benchmark", "split-mnist:experiences=1", "--data", data],
    ...["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--logical-shards", "4", "--workers", "0", "--out", out],
    ...["--batch-size", "16", "--plugin", `path=${PLUGIN}`, "--rank-timeout", SILENCE_S, "--checkpoint-every", "3"],
  ];
}

async function makeOuts(): Promise<{ whole: string; shared: string }> {
  const folder = await makeFolder({});
  const whole = join(folder, "whole");
  await captureCli(listWords(whole));
  return { whole, shared: join(folder, "shared") };
}

async function resume(run: string): Promise<number> {
  return (await captureCli(["train", "--quiet", "--trust", "--resume", run])).status;
}

describe("train on two hosts", () => {
  beforeAll(async () => {
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 30, testPerClass: 3 }));
  });
  beforeEach(async () => {
    if (without === "") await hosts.make();
  });
  afterEach(() => {
    if (without === "") hosts.remove();
  });
  afterAll(removeFolders);

  test.if(without === "")(
    `ends as on one, over the network between them${without}`,
    async () => {
      const { whole, shared } = await makeOuts();
      const seen = join(shared, "second");
      const environment = { FIRN_BREAK: "1 3 run", FIRN_BREAK_COMMAND: `cp ${ON_SECOND} ${seen}` };
      const job = hosts.start([MAIN, ...listWords(shared)], { ranksPerHost: 1, environment });
      expect({ status: await job.end, stderr: job.stderr() }).toEqual({ status: 0, stderr: "" });
      expect(await readEnding(shared)).toEqual(await readEnding(whole));
      expect(await readFile(join(shared, "rank-1.log"), "utf8")).toContain("rank 1 of 2");
      // Rank 1 was there.
      expect(await readFile(seen, "utf8")).toMatch(/^[0-9a-f:]+\n$/);
    },
    PATIENCE_MS,
  );

  test.if(withoutElastic === "")(
    `goes on with --elastic where all ranks of the second host are killed at once${withoutElastic}`,
    async () => {
      const { whole, shared } = await makeOuts();
      const environment = { FIRN_BREAK: "2,3 8 SIGKILL" };
      const job = hosts.start([MAIN, ...listWords(shared), "--elastic"], {
        ranksPerHost: 2,
        isElastic: true,
        environment,
      });
      await job.end;
      for (const rank of [2, 3]) {
        expect(job.stderr()).toMatch(
          new RegExp(`^rank ${rank} of 4 .*was lost at training iteration 8: going on`, "m"),
        );
      }
      expect(await readEnding(shared)).toEqual(await readEnding(whole));
      const { lostRanks } = JSON.parse(await readFile(join(shared, "summary.json"), "utf8"));
      // Open MPI may lose another one over it.
      expect(lostRanks.map(({ rank }: { rank: number }) => rank)).toEqual(expect.arrayContaining([2, 3]));
    },
    PATIENCE_MS,
  );

  for (const isElastic of [false, true]) {
    const missing = isElastic ? withoutElastic : without;
    test.if(missing === "")(
      `ends within a bounded time, to be resumed, where the network is cut, ${isElastic ? "also with" : "without"} --elastic${missing}`,
      async () => {
        const { whole, shared } = await makeOuts();
        const environment = { FIRN_BREAK: "0 8 run", FIRN_BREAK_COMMAND: CUT };
        const words = [MAIN, ...listWords(shared), ...(isElastic ? ["--elastic"] : [])];
        const job = hosts.start(words, { ranksPerHost: 2, isElastic, environment });
        const sentence = /^rank [23] of 4 \(process \d+ on .+\) was lost: it was silent for \d+ s; go on with: .*$/m;
        // mpirun itself waits for its daemon behind the network.
        await job.waitFor(sentence);
        hosts.remove();
        expect(job.stderr()).toMatch(sentence);
        expect(await resume(shared)).toBe(0);
        expect(await readEnding(shared)).toEqual(await readEnding(whole));
      },
      PATIENCE_MS,
    );
  }
});
