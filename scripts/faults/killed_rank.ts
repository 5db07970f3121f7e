import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { LOCK_NAME } from "../../src/runs/run_lock.ts";
import { FirnProcess } from "./firn_process.ts";
import type { Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";

const POLL_MS = 20;

/** What job is begun of which a rank is killed. */
export interface KilledRankOptions {
  /** Holds the folders of runs. */
  readonly folder: string;
  /** What the folder of this one is called behind the run's kind. */
  readonly label: string;
  readonly random: RandomStream;
  /** The fewest ranks; there may be one more. */
  readonly ranks: number;
  /** The first rank that may be killed. */
  readonly firstVictim: number;
  /** True where the others go on. */
  readonly isElastic: boolean;
  /** Until when it may be killed, as a multiple of the undisturbed run's time. */
  readonly slower: number;
}

/** A job of which a rank was killed just now. */
export interface KilledRank {
  readonly job: FirnProcess;
  readonly directory: string;
  /** "rank 1 of 3" */
  readonly name: string;
}

/** Kills one of the ranks of a job at a random moment. A job that was faster is begun anew, in another folder. */
export async function killOneRank(reference: Reference, options: KilledRankOptions): Promise<KilledRank> {
  const { kind, durationMs } = reference;
  const { folder, label, random, firstVictim, isElastic, slower } = options;
  const directory = join(folder, `${kind}-${label}-${random.integer(2 ** 31)}`);
  const ranks = options.ranks + random.integer(2);
  const victim = firstVictim + random.integer(ranks - firstVictim);
  const words = [...listWords(kind, folder), "--out", directory, "--workers", "0", ...(isElastic ? ["--elastic"] : [])];
  const job = new FirnProcess(words, { ranks, isElastic });
  await job.waitForRun(directory);
  const pid = await findRank(directory, victim, job);
  await Promise.race([wait(random.uniform() * slower * durationMs), job.end]);
  if (job.hasEnded || pid === undefined) {
    await rm(directory, { recursive: true, force: true });
    return killOneRank(reference, options);
  }
  process.kill(pid, "SIGKILL");
  return { job, directory, name: `rank ${victim} of ${ranks}` };
}

/** The process of a rank: rank 0 holds the run's lock, the others say it in their logs. */
async function findRank(directory: string, rank: number, job: FirnProcess): Promise<number | undefined> {
  const [file, pattern] = rank === 0 ? [LOCK_NAME, /"pid":(\d+)/] : [`rank-${rank}.log`, /process (\d+)/];
  while (!job.hasEnded) {
    const text = await readFile(join(directory, file), "utf8").catch(() => "");
    const [, pid] = pattern.exec(text) ?? [];
    if (pid !== undefined) return Number(pid);
    await wait(POLL_MS);
  }
  return undefined;
}
