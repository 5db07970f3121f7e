import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { assertProcessesShare } from "../../src/cluster/processes/probe_processes.ts";
import { elementAt } from "../../src/core/element_at.ts";
import { readErrorCode } from "../../src/core/errors/system_error.ts";
import type { RandomStream } from "../../src/core/random_stream.ts";
import type { Fault } from "../../test/cluster/supervision/fault.ts";
import { FirnProcess } from "./firn_process.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listReplicas } from "./list_replicas.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

const RESTARTS = 5;
const REPLICAS = 2;
/** Commands of the shortest made run: faults are drawn among them. */
const COMMANDS = 60;
const POLL_MS = 5;
const BREAKING_MAIN = fileURLToPath(new URL("./breaking_main.ts", import.meta.url));

/** How a process is to end. */
export type ProcessLoss =
  /** From outside, by SIGKILL, so many milliseconds after all replicas are there. */
  | { readonly kind: "killed"; readonly replica: number; readonly afterMs: number }
  /** From inside, at one place in one command: by SIGKILL, or by native code that writes where nothing may be. */
  | { readonly kind: "fault"; readonly fault: Fault };

/**
 * Trains on two replicas in processes, of which one is killed or crashes at a random moment and is replaced, and
 * compares with the undisturbed run.
 * @returns Undefined where replicas cannot live in processes.
 */
export async function loseProcess(
  reference: Reference,
  folder: string,
  random: RandomStream,
): Promise<Outcome | undefined> {
  const canShare = await assertProcessesShare().then(
    () => true,
    () => false,
  );
  return canShare ? loseDrawn(reference, folder, random) : undefined;
}

async function loseDrawn(reference: Reference, folder: string, random: RandomStream): Promise<Outcome> {
  const { kind, durationMs } = reference;
  const directory = join(folder, `${kind}-process-${random.integer(2 ** 31)}`);
  const loss = drawLoss(random, durationMs);
  const { status, stderr } = await runWith(loss, [...listWords(kind, folder), "--out", directory], directory);
  const replaced = stderr.split("\n").filter((line) => line.includes("is replaced"));
  if (status === 0 && replaced.length === 0) {
    // It ended before, or this command has no such moment.
    await rm(directory, { recursive: true });
    return loseDrawn(reference, folder, random);
  }
  const description = `${kind}, ${replaced.length} replaced (${JSON.stringify(loss)})`;
  if (status !== 0) return { isEqual: false, description: `${description}: exit status ${status}, ${stderr}` };
  const signal = loss.kind === "fault" && loss.fault.how === "segfault" ? "SIGSEGV" : "SIGKILL";
  if (!replaced.every((line) => line.includes(signal))) {
    return { isEqual: false, description: `${description}: not for ${signal}, but ${replaced.join(", ")}` };
  }
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  if (differences.length > 0) {
    return { isEqual: false, description: `${description}: other ${differences.join(", ")} (see ${directory})` };
  }
  await rm(directory, { recursive: true });
  return { isEqual: true, description };
}

async function runWith(loss: ProcessLoss, run: readonly string[], directory: string) {
  const words = [...run, "--isolation", "process", "--workers", String(REPLICAS), "--max-restarts", String(RESTARTS)];
  if (loss.kind === "fault") {
    const environment = { FIRN_FAULT: JSON.stringify(loss.fault) };
    return new FirnProcess(words, { program: BREAKING_MAIN, environment }).end;
  }
  const job = new FirnProcess(words);
  await job.waitForRun(directory);
  let replicas: number[] = [];
  while (!job.hasEnded && replicas.length < REPLICAS) {
    await wait(POLL_MS);
    replicas = await listReplicas(job.processId);
  }
  await Promise.race([wait(loss.afterMs), job.end]);
  if (!job.hasEnded) killReplica(elementAt(replicas, loss.replica));
  return job.end;
}

/** A job ends its replicas before itself: this one may have ended. */
function killReplica(processId: number): void {
  try {
    process.kill(processId, "SIGKILL");
  } catch (error) {
    if (readErrorCode(error) !== "ESRCH") throw error;
  }
}

/** Half of them from outside; of the others, most crash in native code. */
export function drawLoss(random: RandomStream, durationMs: number): ProcessLoss {
  const replica = random.integer(REPLICAS);
  if (random.uniform() < 0.5) return { kind: "killed", replica, afterMs: Math.round(random.uniform() * durationMs) };
  const how = random.uniform() < 0.25 ? "kill" : "segfault";
  const kind = elementAt(["look", "chunk begun", "chunk changed"] as const, random.integer(3));
  const number = random.integer(kind === "look" ? 5 : 2);
  const times = random.uniform() < 0.2 ? 2 : 1;
  return {
    kind: "fault",
    fault: { how, replica, command: random.integer(COMMANDS), moment: { kind, number }, times },
  };
}
