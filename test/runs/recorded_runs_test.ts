import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { removeFolders } from "../support/made_idx.ts";
import { describeProcessor, hashRecordedRuns } from "./recorded_runs.ts";

afterAll(removeFolders);

const records = JSON.parse(await readFile(new URL("recorded_runs.json", import.meta.url), "utf8"));
const processor = await describeProcessor();
const recorded = records[processor];

describe("train", () => {
  const skipped = recorded ? "" : ` (skipped: nothing was recorded on ${processor})`;
  test.if(recorded !== undefined)(
    `gives the parameters that were recorded, bit for bit${skipped}`,
    async () => {
      expect(await hashRecordedRuns()).toEqual(recorded);
    },
    120_000,
  );
});
