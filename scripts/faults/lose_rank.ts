import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { FirnProcess } from "./firn_process.ts";
import { findRank } from "./kill_rank.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/** How long the others may take to come to the end, beside the time of an undisturbed run. */
const END_MS = 60_000;

/** How much longer than the undisturbed run a job may go on after its folder is there. */
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
  const { kind, durationMs } = reference;
  const directory = join(folder, `${kind}-elastic-${random.integer(2 ** 31)}`);
  const ranks = 3 + random.integer(2);
  const victim = 1 + random.integer(ranks - 1);
  const words = [...listWords(kind, folder), "--out", directory, "--workers", "0", "--elastic"];
  const job = new FirnProcess(words, { ranks, isElastic: true });
  await job.waitForRun(directory);
  const pid = await findRank(directory, victim, job);
  // Ranks that share cores take longer to begin, and to train.
  await Promise.race([wait(random.uniform() * SLOWER * durationMs), job.end]);
  if (job.hasEnded || pid === undefined) {
    await rm(directory, { recursive: true, force: true });
    return loseRank(reference, folder, random);
  }
  process.kill(pid, "SIGKILL");
  const description = `${kind}, rank ${victim} of ${ranks} killed`;
  const ended = await Promise.race([job.end, wait(END_MS + 10 * durationMs)]);
  if (!ended) return { isEqual: false, description: `${description}: the job did not end` };
  const lines = ended.stderr.split("\n").filter((line) => line.includes(`rank ${victim} of ${ranks} `));
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  const isEqual = differences.length === 0;
  if (isEqual) await rm(directory, { recursive: true });
  const end = isEqual ? lines.join("; ") : `other ${differences.join(", ")} (see ${directory}); ${ended.stderr}`;
  return { isEqual, description: `${description}, status ${ended.status}, ${end}` };
}
