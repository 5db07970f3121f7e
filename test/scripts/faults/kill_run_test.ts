import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { killAndResume, type Reference, runReference } from "../../../scripts/faults/kill_run.ts";
import { makeHarnessFolder, writeData } from "../../../scripts/faults/made_runs.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { coverMembers } from "../../support/cover_members.ts";

describe("killAndResume()", () => {
  const random = new RandomStream(0, "faults");
  let folder = "";
  let reference: Reference;
  beforeAll(async () => {
    folder = await makeHarnessFolder();
    await writeData(folder, 20);
    reference = await runReference("replay", folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const number of coverMembers([1, 2, 3])) {
    test(`comes to the undisturbed run's end, kill ${number} of 3`, async () => {
      const { isEqual, description } = await killAndResume(reference, folder, random);
      expect({ isEqual, description }).toEqual({ isEqual: true, description });
    });
  }
});
