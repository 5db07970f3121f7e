/** Records the hashes of this processor anew: `bun test/runs/record_runs.ts`, after results were changed on purpose. */
import { readFile, writeFile } from "node:fs/promises";
import { removeFolders } from "../support/made_idx.ts";
import { describeProcessor, hashRecordedRuns } from "./recorded_runs.ts";

const path = new URL("recorded_runs.json", import.meta.url);
const records = JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
records[await describeProcessor()] = await hashRecordedRuns();
await writeFile(path, `${JSON.stringify(records, undefined, 2)}\n`);
await removeFolders();
