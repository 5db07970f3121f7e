import { spawnSync } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FirnProcess } from "./firn_process.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/**
 * Trains on a small disk in memory until it is full, makes it larger, resumes and compares with the undisturbed run.
 * @returns Undefined where this user may not mount such a disk.
 */
export async function fillDisk(reference: Reference, folder: string, sizeKiB: number): Promise<Outcome | undefined> {
  const { kind } = reference;
  const disk = join(folder, `disk-${sizeKiB}`);
  await mkdir(disk);
  if (!mount(["-t", "tmpfs", "-o", `size=${sizeKiB}k`, "tmpfs", disk])) return undefined;
  try {
    const directory = join(disk, "run");
    const full = await new FirnProcess([...listWords(kind, folder), "--out", directory, "--workers", "1"]).end;
    const description = `${kind}, disk of ${sizeKiB} KiB`;
    const lines = full.stderr.trimEnd().split("\n");
    const isClear = full.status === 1 && lines.length === 1 && /no space left/.test(full.stderr);
    const isRefused = full.status === 2 && /no space left/.test(full.stderr);
    if (!isClear && !isRefused) {
      return { isEqual: false, description: `${description}: exit status ${full.status}, ${full.stderr}` };
    }
    mount(["-o", "remount,size=64m", disk]);
    const isBegun = (await readdir(directory)).includes("config.json");
    if (!isBegun) return { isEqual: true, description: `${description}: refused before it began` };
    const resumed = await new FirnProcess(["train", "--quiet", "--resume", directory, "--workers", "2"]).end;
    if (resumed.status !== 0) return { isEqual: false, description: `${description}: ${resumed.stderr}` };
    const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
    const isEqual = differences.length === 0;
    return { isEqual, description: isEqual ? `${description}: ${lines[0]}` : `${description}: other ${differences}` };
  } finally {
    spawnSync("umount", [disk]);
    await rm(disk, { recursive: true, force: true });
  }
}

function mount(parameters: readonly string[]): boolean {
  return spawnSync("mount", parameters).status === 0;
}
