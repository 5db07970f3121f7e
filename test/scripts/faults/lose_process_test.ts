import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { type Reference, runReference } from "../../../scripts/faults/kill_run.ts";
import { drawLoss, loseProcess } from "../../../scripts/faults/lose_process.ts";
import { makeHarnessFolder, writeData } from "../../../scripts/faults/made_runs.ts";
import { assertProcessesShare } from "../../../src/cluster/processes/probe_processes.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { coverMembers } from "../../support/cover_members.ts";

/** Why replicas cannot live in processes here; undefined where they can. */
const refusal: string | undefined = await assertProcessesShare().then(() => undefined, String);
const without = refusal === undefined ? "" : ` (skipped: ${refusal})`;

describe("loseProcess()", () => {
  const random = new RandomStream(0, "faults");
  let folder = "";
  let reference: Reference;
  beforeAll(async () => {
    folder = await makeHarnessFolder();
    await writeData(folder, 20);
    reference = await runReference("replay", folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const number of coverMembers([1, 2])) {
    test.if(refusal === undefined)(
      `comes to the undisturbed run's end, loss ${number} of 2${without}`,
      async () => {
        const { isEqual, description } = (await loseProcess(reference, folder, random)) ?? {};
        expect({ isEqual, description }).toEqual({ isEqual: true, description });
      },
      120_000,
    );
  }
});

describe("drawLoss()", () => {
  test("draws kills from outside and inside, and crashes, at every kind of moment", () => {
    const random = new RandomStream(0, "drawn");
    const kinds = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const loss = drawLoss(random, 100);
      kinds.add(loss.kind === "killed" ? loss.kind : `${loss.fault.how}, ${loss.fault.moment.kind}`);
    }
    const moments = ["chunk begun", "chunk changed", "look"];
    const inside = ["kill", "segfault"].flatMap((how) => moments.map((moment) => `${how}, ${moment}`));
    expect([...kinds].sort()).toEqual(["killed", ...inside].sort());
  });
});
