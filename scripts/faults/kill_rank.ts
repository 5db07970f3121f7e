import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { FirnProcess } from "./firn_process.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { killOneRank } from "./killed_rank.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/** How long a job may take to end once a rank was killed. */
const END_MS = 15_000;

/**
 * Kills one of two or three ranks at a random moment, which must end the job, with a message that names the rank; goes
 * on to the end on another number of ranks, and compares with the undisturbed run.
 * @returns Undefined where no MPI is installed.
 */
export async function killRank(
  reference: Reference,
  folder: string,
  random: RandomStream,
): Promise<Outcome | undefined> {
  if (spawnSync("mpirun", ["--version"]).status !== 0) return undefined;
  const choice = { folder, label: "rank", random, ranks: 2, firstVictim: 0, isElastic: false, slower: 1 };
  const { job, directory, name } = await killOneRank(reference, choice);
  const description = `${reference.kind}, ${name} killed`;
  const ended = await Promise.race([job.end, wait(END_MS)]);
  if (!ended) return { isEqual: false, description: `${description}: the job did not end` };
  if (ended.status === 0 || !ended.stderr.includes(name)) {
    return { isEqual: false, description: `${description}: exit status ${ended.status}, ${ended.stderr}` };
  }
  const others = 1 + random.integer(3);
  const again = await new FirnProcess(["train", "--quiet", "--resume", directory], { ranks: others }).end;
  if (again.status !== 0) return { isEqual: false, description: `${description}: ${again.stderr}` };
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  const isEqual = differences.length === 0;
  if (isEqual) await rm(directory, { recursive: true });
  const end = isEqual ? `went on with ${others}` : `other ${differences.join(", ")} (see ${directory})`;
  return { isEqual, description: `${description}, ${end}` };
}
