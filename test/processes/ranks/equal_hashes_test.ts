import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { assertProcessesShare } from "../../../src/cluster/processes/probe_processes.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";
import { listWords, makeOut } from "./compared_run.ts";

/** Ranks that share a busy core take turns. */
const PATIENCE_MS = 180_000;

/** Why replicas cannot live in processes here; undefined where they can. */
const refusal: string | undefined = await assertProcessesShare().then(() => undefined, String);
const withoutProcesses = refusal === undefined ? "" : ` (skipped: ${refusal})`;

/** Replicas of one coordinator: all must end with the same bits. */
const LAYOUTS = ["thread", "process"].flatMap((isolation) => [1, 2, 4].map((workers) => ({ workers, isolation })));

let data = "";

describe("train in processes", () => {
  let whole: Awaited<ReturnType<typeof readEnding>>;
  beforeAll(async () => {
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 30, testPerClass: 6 }));
    const out = await makeOut();
    expect((await captureCli(listWords(data, out, "--workers", "0"))).status).toBe(0);
    whole = await readEnding(out);
  });
  afterAll(removeFolders);

  for (const { workers, isolation } of LAYOUTS) {
    test.if(withoutProcesses === "")(
      `ends with --workers ${workers} --isolation ${isolation} as without workers${withoutProcesses}`,
      async () => {
        const out = await makeOut();
        const layout = ["--workers", String(workers), "--isolation", isolation];
        const { status, stderr } = await captureCli(listWords(data, out, ...layout));
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(await readEnding(out)).toEqual(whole);
      },
      PATIENCE_MS,
    );
  }
});
