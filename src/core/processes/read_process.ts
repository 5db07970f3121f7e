import { readFileSync } from "node:fs";

/** A process as the operating system lists it. */
export interface ListedProcess {
  /** One letter, "Z" of a process that has ended and of which its parent has not taken notice. */
  readonly state: string;
  /** When it began: another process may get the same number later, also after the machine was started anew. */
  readonly started: string;
}

/** The fields of /proc/PID/stat behind the program's name. */
const FIELDS = { state: 0, started: 19 } as const;

/** What Linux alone says of a process; undefined elsewhere, and of one that is gone. */
export function readProcess(pid: number): ListedProcess | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets and may have any characters.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[FIELDS.state] ?? "", started: `${boot} ${fields[FIELDS.started] ?? ""}` };
  } catch {
    return undefined;
  }
}
