import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { RandomStream } from "../../src/core/random_stream.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { killOneRank } from "./killed_rank.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/** How long the others may take to come to the end, beside the time of an undisturbed run. */
const END_MS = 60_000;

/** How many times as long as the undisturbed run a job may take: ranks that share cores begin and train more slowly. */
const SLOWER = 3;

/**
 * Kills one of three or four ranks, other than rank 0, at a random moment: the others must go on to the end of the
 * undisturbed run.
 * @returns Undefined where no MPI is installed that can go on.
 */
export async function loseRank(
  reference: Reference,
  folder: string,
  random: RandomStream,
): Promise<Outcome | undefined> {
  const { stdout } = spawnSync("ompi_info", [], { encoding: "utf8" });
  if (!/MPI extensions:.*ftmpi/.test(stdout ?? "")) return undefined;
  const choice = { folder, label: "elastic", random, ranks: 3, firstVictim: 1, isElastic: true, slower: SLOWER };
  const { job, directory, name } = await killOneRank(reference, choice);
  const description = `${reference.kind}, ${name} killed`;
  const ended = await Promise.race([job.end, wait(END_MS + 10 * reference.durationMs)]);
  if (!ended) return { isEqual: false, description: `${description}: the job did not end` };
  const lines = ended.stderr.split("\n").filter((line) => line.includes(`${name} `));
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  const isEqual = differences.length === 0;
  if (isEqual) await rm(directory, { recursive: true });
  const end = isEqual ? lines.join("; ") : `other ${differences.join(", ")} (see ${directory}); ${ended.stderr}`;
  return { isEqual, description: `${description}, status ${ended.status}, ${end}` };
}
