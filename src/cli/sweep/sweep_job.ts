import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { resolveModule } from "../../core/package_module.ts";
import { StopRequest } from "../cli_error.ts";
import { EXIT_STATUS } from "../exit_status.ts";

const PROGRAM = fileURLToPath(resolveModule("./job.ts", import.meta.url));

/** What a run exits with that was stopped. */
const STOPPED = { SIGINT: new StopRequest("SIGINT").exitStatus, SIGTERM: new StopRequest("SIGTERM").exitStatus };

/** What is kept of what a run says on standard error: its end. */
const MAX_SAID = 8000;

/** Where a run is: what its events tell. */
export interface JobProgress {
  /** The experience that is trained, from 0. */
  readonly experience?: number | undefined;
  /** What it is called, where it has a name. */
  readonly experienceName?: string | undefined;
  /** The newest accuracy on the test stream. */
  readonly streamAccuracy?: number | undefined;
}

/** A run that goes on beside its sweep. */
export interface SweepJob {
  /** Asks it to stop: it makes a checkpoint and ends. */
  readonly stop: () => void;
  readonly end: Promise<JobEnd>;
}

/** How a run ended. What came of it is in its folder. */
export interface JobEnd {
  /** True if it did nothing: its options or its folder were refused. */
  readonly isRefused: boolean;
  /** True if it was told to stop: it goes on from its checkpoint. */
  readonly isInterrupted: boolean;
  /** The end of what it said on standard error. */
  readonly said: string;
}

/** What is told of a run while it goes on. */
export interface JobListener {
  readonly onProgress: (progress: JobProgress) => void;
  /** Gets each line on standard error. */
  readonly onSaid?: (line: string) => void;
}

/** Starts `train` with these words. */
export type StartJob = (words: readonly string[], listener: JobListener) => SweepJob;

/** Starts it in a process of its own, in the runtime at hand. */
export const startJob: StartJob = (words, { onProgress, onSaid }) => {
  const runtime = "Deno" in globalThis ? ["run", "--allow-all", PROGRAM] : [PROGRAM];
  const child = spawn(process.execPath, [...runtime, "train", "--json", ...words], { stdio: "pipe" });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-MAX_SAID);
  });
  if (onSaid) createInterface({ input: child.stderr }).on("line", onSaid);
  // A process that has ended reads no more.
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    const progress = readProgress(line);
    if (progress) onProgress(progress);
  });
  const end = new Promise<JobEnd>((resolve) => {
    child.on("error", ({ message }) => resolve({ isRefused: true, isInterrupted: false, said: message }));
    child.on("close", (status) => {
      resolve(describeEnd(status, said));
    });
  });
  return { stop: () => child.stdin.end(), end };
};

/** @param status What the command exits with; null where a signal ended its process. */
export function describeEnd(status: number | null, said: string): JobEnd {
  const isInterrupted = status === STOPPED.SIGINT || status === STOPPED.SIGTERM;
  return { isRefused: status === EXIT_STATUS.refused, isInterrupted, said };
}

const EVENT = z.looseObject({
  kind: z.string(),
  experience: z.number().exactOptional(),
  experienceName: z.string().exactOptional(),
  metrics: z.record(z.string(), z.unknown()).exactOptional(),
});

const STREAM_ACCURACY = "Top1_Acc_Stream/eval_phase/test_stream";

/** What a line of `train --json` tells of where the run is, if anything. */
export function readProgress(line: string): JobProgress | undefined {
  const { data } = EVENT.safeParse(parseJSON(line));
  if (data?.kind === "experience-start") {
    const { experience, experienceName } = data;
    return { experience, ...omitUndefined({ experienceName }) };
  }
  if (data?.kind !== "eval-end") return undefined;
  const [, value] = Object.entries(data.metrics ?? {}).find(([key]) => key.startsWith(STREAM_ACCURACY)) ?? [];
  return typeof value === "number" ? { streamAccuracy: value } : undefined;
}

function parseJSON(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
