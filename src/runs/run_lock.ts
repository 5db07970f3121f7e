import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { describeIssue } from "../core/errors/describe_issue.ts";
import { RefusalError } from "../core/errors/errors.ts";
import { readProcess } from "../core/processes/read_process.ts";
import { readErrorCode } from "./storage_error.ts";

/** The file in a run's folder that says who writes there. */
export const LOCK_NAME = "run.lock";

/** A lock takes less than this. */
const MAX_LOCK_BYTES = 4096;

/** Who holds a lock. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the operating system counts: another process may get the same number later. */
  readonly started: string | null;
}

/** Keeps two runs out of one folder. A process that is gone does not hold it. */
export class RunLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock of a folder.
   * @throws {Error} If another process that is alive holds it, or one of another machine, of which nobody here can
   * tell.
   */
  static acquire(folder: string): RunLock {
    const path = join(folder, LOCK_NAME);
    // Twice: the owner that is found may have ended, and another may be faster to take its place.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (createLock(path)) return new RunLock(path);
      const text = readLock(path);
      if (text === undefined) continue;
      const owner = parseOwner(path, text);
      if (owner && isAlive(owner)) throw refuse(folder, owner);
      removeStale(path, text);
    }
    throw refuse(folder, parseOwner(path, readLock(path) ?? ""));
  }

  /** Gives the folder free. */
  release(): void {
    rmSync(this.#path, { force: true });
  }
}

/** Makes the lock with its text in one go, so that nobody ever reads half of it. False if there is one already. */
function createLock(path: string): boolean {
  const owner: Owner = { pid: process.pid, host: hostname(), started: readProcess(process.pid)?.started ?? null };
  const own = `${path}.${process.pid}`;
  // What a killed process of the same number left behind, or a link that somebody put there.
  rmSync(own, { force: true });
  try {
    writeFileSync(own, `${JSON.stringify(owner)}\n`, { flag: "wx" });
    linkSync(own, path);
    return true;
  } catch (error) {
    if (readErrorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * The lock's text; undefined if there is none any more.
 * @throws {RefusalError} If something else than a small file is in its place.
 */
function readLock(path: string): string | undefined {
  try {
    const found = lstatSync(path);
    if (found.isFile() && found.size <= MAX_LOCK_BYTES) return readFileSync(path, "utf8");
  } catch (error) {
    if (readErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  throw new RefusalError(`${path} is no lock of a run; remove it if no run is writing there`);
}

const ownerSchema = z.object({
  pid: z.int().min(1),
  host: z.string().min(1),
  started: z.string().nullable(),
});

/**
 * Undefined for a lock that is not whole: the machine lost its power while its owner wrote it.
 * @throws {RefusalError} If it is whole and says something else than who holds it: another version's, say.
 */
function parseOwner(path: string, text: string): Owner | undefined {
  const json = parseJSON(text);
  if (json === undefined) return undefined;
  const { data, error } = ownerSchema.safeParse(json);
  if (data) return data;
  const reason = describeIssue(error, json);
  throw new RefusalError(`${path} is no lock of a run (${reason}); remove it if no run is writing there`);
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, started }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if (readErrorCode(error) === "ESRCH") return false;
  }
  // Where nothing is said of it, its number has to do.
  const found = readProcess(pid);
  if (found === undefined || started === null) return true;
  // A process that has ended is still listed until its parent takes notice.
  return found.started === started && found.state !== "Z";
}

/** Moves the dead owner's lock away; one that somebody took in the meantime is put back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}-stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (readErrorCode(error) === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) === stale) rmSync(aside);
  else renameSync(aside, path);
}

function refuse(folder: string, owner: Owner | undefined): Error {
  const holder = owner ? `process ${owner.pid} on ${owner.host}` : "another process";
  const hint = `remove ${join(folder, LOCK_NAME)} if that has ended`;
  return new RefusalError(`another run is writing to ${folder}: ${holder}; ${hint}`);
}
