/**
 * The harness of faults: kills runs at random moments and resumes them, ends replicas at random moments, fills disks;
 * and compares each run with an undisturbed one. `--kills 50 --losses 50 --disks 5 --seed 0`.
 */
import { rm } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { RandomStream } from "../../src/core/random_stream.ts";
import { fillDisk } from "./fill_disk.ts";
import { killAndResume, type Outcome, type Reference, runReference } from "./kill_run.ts";
import { loseReplica } from "./lose_replica.ts";
import { MADE_RUNS, makeHarnessFolder, writeData } from "./made_runs.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    losses: { type: "string", default: "50" },
    disks: { type: "string", default: "5" },
    seed: { type: "string", default: "0" },
  },
});
const random = new RandomStream(Number(values.seed), "faults");
const folder = await makeHarnessFolder();
await writeData(folder, 60);
const references: Reference[] = [];
for (const kind of Object.keys(MADE_RUNS)) references.push(await runReference(kind, folder));

const counts = [
  await repeat("runs that were killed", Number(values.kills), (made) => killAndResume(made, folder, random)),
  await repeat("runs that lost replicas", Number(values.losses), (made) => loseReplica(made, folder, random)),
  await repeat("runs on a full disk", Number(values.disks), (made) => {
    const sizeKiB = 100 + random.integer(1500);
    return fillDisk(made, folder, sizeKiB);
  }),
];
for (const { line } of counts) console.log(line);
const failed = counts.reduce((sum, { unequal }) => sum + unequal, 0);
if (failed === 0) await rm(folder, { recursive: true });
process.exitCode = failed === 0 ? 0 : 1;

async function repeat(what: string, times: number, trial: (made: Reference) => Promise<Outcome | undefined>) {
  let equal = 0;
  let unequal = 0;
  for (let i = 0; i < times; i++) {
    const made = references[i % references.length];
    const outcome = made && (await trial(made));
    if (!outcome) return { unequal, line: `${what}: not possible here` };
    if (outcome.isEqual) equal += 1;
    else unequal += 1;
    console.log(`${i + 1} of ${times}  ${outcome.isEqual ? "equal" : "NOT EQUAL"}  ${outcome.description}`);
  }
  return { unequal, line: `${equal} of ${times} ${what} equal the undisturbed one` };
}
