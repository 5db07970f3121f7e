import { readFile } from "node:fs/promises";

/**
 * The most memory that a process held at any time, in 10⁶ bytes: the high-water mark that Linux keeps, so that looking
 * now and then misses nothing but the very end. Undefined where the system does not tell.
 */
export async function readPeakMegabytes(pid: number | "self" | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
}
