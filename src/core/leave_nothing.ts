import { existsSync } from "node:fs";
import { lstat, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isSystemError } from "./errors/system_error.ts";

/**
 * Starts something that makes these files and folders, with those above them. Where it is refused, those that were not
 * there before are taken away again: files, and folders that are empty then.
 * @throws What `start` throws.
 */
export async function leaveNothing<Started>(paths: readonly string[], start: () => Promise<Started>): Promise<Started> {
  const missing = new Set(paths.flatMap((path) => listMissing(resolve(path))));
  try {
    return await start();
  } catch (error) {
    // What lies deeper is longer.
    for (const path of [...missing].sort((a, b) => b.length - a.length)) await takeAway(path);
    throw error;
  }
}

/** A path that is not there, and the folders above it that are not there either. */
function listMissing(path: string): string[] {
  return existsSync(path) ? [] : [path, ...listMissing(dirname(path))];
}

async function takeAway(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isDirectory()) await rmdir(path);
    else await rm(path);
  } catch (error) {
    // It never came, or somebody else has put something into it.
    if (!isSystemError(error)) throw error;
  }
}
