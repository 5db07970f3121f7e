import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readErrorCode } from "./storage_error.ts";

/**
 * Makes `PARENT/STEM-NUMBER` with the lowest number above all that are there.
 * @param parent "runs", say; made where it is missing.
 */
export async function createNumberedFolder(parent: string, stem: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  const pattern = new RegExp(`^${stem}-(\\d+)$`);
  const taken = (await readdir(parent)).map((name) => Number(pattern.exec(name)?.[1] ?? 0));
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    const path = join(parent, `${stem}-${number}`);
    if (await makeFolder(path)) return path;
  }
}

/** False if somebody else was faster. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (readErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}
