import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import type { RankProcess } from "./rank_line.ts";

/** The field of /proc/PID/stat, behind the program's name, that says when a process started. */
const STARTED_FIELD = 19;

/** This process, for those that may have to end it; undefined where the system has no /proc. */
export function findOwnProcess(): RankProcess | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const space = `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
    return { pid: process.pid, space, started: readStarted(process.pid) };
  } catch {
    return undefined;
  }
}

/**
 * Kills a process that does not answer, also one that was stopped.
 * @returns False where it cannot be reached from here, or is gone.
 */
export function endProcess({ pid, space, started }: RankProcess): boolean {
  try {
    if (findOwnProcess()?.space !== space || readStarted(pid) !== started) return false;
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

function readStarted(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in brackets and may have any characters.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[STARTED_FIELD] ?? "";
}
