import { createHash } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { readErrorCode } from "./errors/system_error.ts";

/** Tells this machine's processes from those of others that write into the same folder. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** What stands in the name of a file that is this process's: its machine and its number, "0a1b2c3d.4711". */
export const OWNER_MARK = `${HOST}.${process.pid}`;

/** Whether a name has the mark of a process of this machine that came to an end and left the file behind. */
export function isLeftBehind(name: string): boolean {
  for (const [, host, pid] of name.matchAll(/\.([0-9a-f]{8})\.(\d+)(?=[.-])/g)) {
    if (host === HOST && isGone(Number(pid))) return true;
  }
  return false;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return readErrorCode(error) === "ESRCH";
  }
}
