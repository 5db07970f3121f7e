import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { LOCK_NAME } from "../../src/runs/run_lock.ts";
import { FirnProcess } from "./firn_process.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/** How long a job may take to end once a rank was killed. */
const END_MS = 15_000;
const POLL_MS = 20;

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
  const { kind, durationMs } = reference;
  const directory = join(folder, `${kind}-rank-${random.integer(2 ** 31)}`);
  const ranks = 2 + random.integer(2);
  const victim = random.integer(ranks);
  const job = new FirnProcess([...listWords(kind, folder), "--out", directory, "--workers", "0"], { ranks });
  await job.waitForRun(directory);
  const pid = await findRank(directory, victim, job);
  await Promise.race([wait(random.uniform() * durationMs), job.end]);
  const description = `${kind}, rank ${victim} of ${ranks} killed`;
  if (job.hasEnded || pid === undefined) {
    await rm(directory, { recursive: true, force: true });
    return killRank(reference, folder, random);
  }
  process.kill(pid, "SIGKILL");
  const ended = await Promise.race([job.end, wait(END_MS)]);
  if (!ended) return { isEqual: false, description: `${description}: the job did not end` };
  if (ended.status === 0 || !ended.stderr.includes(`rank ${victim} of ${ranks}`)) {
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

/** The process of a rank: rank 0 holds the run's lock, the others say it in their logs. */
export async function findRank(directory: string, rank: number, job: FirnProcess): Promise<number | undefined> {
  const [file, pattern] = rank === 0 ? [LOCK_NAME, /"pid":(\d+)/] : [`rank-${rank}.log`, /process (\d+)/];
  while (!job.hasEnded) {
    const text = await readFile(join(directory, file), "utf8").catch(() => "");
    const [, pid] = pattern.exec(text) ?? [];
    if (pid !== undefined) return Number(pid);
    await wait(POLL_MS);
  }
  return undefined;
}
