import { createHash } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { readErrorCode } from "./errors/system_error.ts";
import { readProcess } from "./processes/read_process.ts";

/** Tells this machine's processes from those of others that write into the same folder. */
const HOST = hashShortly(hostname());

/**
 * What stands in the name of a file that is this process's: its machine, its number, and when it began where that is
 * known, as a container that is started anew gives the same number again: "0a1b2c3d.4711.4e5f6071".
 */
export const OWNER_MARK = [HOST, process.pid, findStart(process.pid)].filter((part) => part !== undefined).join(".");

/** Whether a name has the mark of a process of this machine that came to an end and left the file behind. */
export function isLeftBehind(name: string): boolean {
  for (const [, host, pid, start] of name.matchAll(/\.([0-9a-f]{8})\.(\d+)(?:\.([0-9a-f]{8}))?(?=[.-])/g)) {
    if (host === HOST && isGone(Number(pid), start)) return true;
  }
  return false;
}

function isGone(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may be there and belong to somebody else.
    if (readErrorCode(error) === "ESRCH") return true;
  }
  const found = findStart(pid);
  return start !== undefined && found !== undefined && found !== start;
}

function findStart(pid: number): string | undefined {
  const { started } = readProcess(pid) ?? {};
  return started === undefined ? undefined : hashShortly(started);
}

function hashShortly(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
