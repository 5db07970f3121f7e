import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { RefusalError } from "../../core/errors/errors.ts";
import { readRunSummary } from "../../runs/read_run_files.ts";
import { RunLock } from "../../runs/run_lock.ts";
import { refuse } from "../cli_error.ts";
import { type JobEnd, type JobProgress, type StartJob, type SweepJob, startJob } from "./sweep_job.ts";
import type { SweepConfiguration, SweepRun } from "./sweep_plan.ts";
import { readRow, type SweepRow, writeSweep } from "./sweep_record.ts";

/** What is told of a sweep while it goes on. */
export interface SweepListener {
  /** A run begins, or goes on. */
  readonly onStart: (run: SweepRun) => void;
  readonly onProgress: (run: SweepRun, progress: JobProgress) => void;
  /** A run has ended, or had ended before this process began. */
  readonly onEnd: (run: SweepRun, row: SweepRow) => void;
}

/** Where a sweep is written, and how many runs go on at a time. */
export interface SweepOptions {
  readonly folder: string;
  readonly plan: readonly SweepConfiguration[];
  readonly jobs: number;
  /** True goes on with runs though their data is other than it was. */
  readonly acceptChangedData: boolean;
  readonly signal: AbortSignal;
  readonly listener: SweepListener;
  /** Default: each run in a process of its own. */
  readonly startJob?: StartJob | undefined;
}

const WAITING: SweepRow = { status: "waiting", final: null, seconds: 0, parametersHash: null };

/**
 * Trains every run that is not finished and keeps sweep.json up to date.
 * @param decided What decides the sweep: it stands in sweep.json.
 * @returns What came of each run. After an abort, those that went on are "interrupted".
 * @throws {CliError} If another process is at work on this sweep.
 */
export async function runSweep(decided: object, options: SweepOptions): Promise<ReadonlyMap<SweepRun, SweepRow>> {
  const { folder, plan, jobs, signal, listener } = options;
  const rows = new Map(plan.flatMap(({ runs }) => runs.map((run) => [run, WAITING] as const)));
  const save = (status: SweepRow["status"]) => writeSweep(folder, decided, { plan, rows, status });
  const lock = await refuse(async () => {
    await mkdir(folder, { recursive: true });
    return RunLock.acquire(folder);
  });
  try {
    await save("running");
    const waiting = [...rows.keys()];
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run && !signal.aborted; run = waiting.shift()) {
        const row = (await findFinished(folder, run)) ?? (await train(run, options));
        rows.set(run, row);
        listener.onEnd(run, row);
        await save("running");
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
    const ended = [...rows.values()];
    const hasFailed = ended.some(({ status }) => status === "failed");
    const isFinished = ended.every(({ status }) => status === "finished");
    await save(isFinished ? "finished" : hasFailed && !signal.aborted ? "failed" : "interrupted");
    return rows;
  } finally {
    lock.release();
  }
}

async function findFinished(folder: string, run: SweepRun): Promise<SweepRow | undefined> {
  const summary = await readRunSummary(join(folder, run.folder));
  return summary?.status === "finished" ? readRow(summary) : undefined;
}

async function train(run: SweepRun, options: SweepOptions): Promise<SweepRow> {
  const { folder, signal, listener, acceptChangedData, startJob: start = startJob } = options;
  const directory = join(folder, run.folder);
  const target = await findTarget(directory);
  listener.onStart(run);
  const accepting = target === "--resume" && acceptChangedData ? ["--accept-changed-data"] : [];
  const words = [...run.words, `${target}=${directory}`, ...accepting];
  const job = start(words, { onProgress: (progress) => listener.onProgress(run, progress) });
  const { isRefused, said } = await stopWith(signal, job);
  const summary = await readRunSummary(directory);
  const row = summary ? readRow(summary) : WAITING;
  // What a refused run's folder says is of the time before.
  if (!isRefused && (row.status === "finished" || row.status === "failed")) return row;
  if (signal.aborted) return { ...row, status: "interrupted" };
  return { ...row, status: "failed", error: findReason(said) };
}

/** The option of train that goes on with the run, or begins it. */
async function findTarget(directory: string): Promise<"--resume" | "--out"> {
  if (!existsSync(directory)) return "--out";
  await waitUntilFree(directory);
  if (existsSync(join(directory, "config.json"))) return "--resume";
  // The process was killed before the run began: the folder holds nothing that could be used.
  await rm(directory, { recursive: true });
  return "--out";
}

const POLL_MS = 100;
const MAX_POLLS = 100;

/** A run whose sweep was killed may still make its last checkpoint. If it takes too long, train says so. */
export async function waitUntilFree(directory: string): Promise<void> {
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    try {
      return RunLock.acquire(directory).release();
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      await wait(POLL_MS);
    }
  }
}

/** Waits for a job's end, and has it stop with the signal. */
export async function stopWith(signal: AbortSignal, job: SweepJob): Promise<JobEnd> {
  if (signal.aborted) job.stop();
  signal.addEventListener("abort", job.stop);
  try {
    return await job.end;
  } finally {
    signal.removeEventListener("abort", job.stop);
  }
}

/** The last line that is not a place in the program. */
export function findReason(said: string): string {
  const lines = said.split("\n").filter((line) => /^\S/.test(line));
  return lines.at(-1) ?? "its process ended without a word";
}
