import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { RefusalError } from "../../../core/errors/errors.ts";
import { isSystemError } from "../../../core/errors/system_error.ts";
import { writeAtomically } from "../../../core/write_atomically.ts";
import { VERSIONS_FILE, WEB_FOLDER_KIND } from "./web_folder.ts";

/** What a folder gets, by names. */
export type FolderContents = ReadonlyMap<string, Uint8Array>;

/**
 * Refuses a place for a folder that is taken by something else than an earlier one.
 * @throws {RefusalError} Then, and if there is no folder to put it in.
 */
export async function assertWebFolderFree(folder: string): Promise<void> {
  const parent = dirname(resolve(folder));
  if (!(await stat(parent).catch(() => undefined))?.isDirectory()) {
    throw new RefusalError(`--web ${folder}: there is no folder ${parent}`);
  }
  if ((await stat(folder).catch(() => undefined)) === undefined || (await isWebFolder(folder))) return;
  throw new RefusalError(`--web ${folder} exists, and is no folder that export --web wrote: give another`);
}

/** Whether `export --web` wrote it. */
async function isWebFolder(folder: string): Promise<boolean> {
  try {
    return JSON.parse(await readFile(join(folder, VERSIONS_FILE), "utf8")).kind === WEB_FOLDER_KIND;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || isSystemError(error)) return false;
    throw error;
  }
}

/**
 * Writes a folder whole: into one beside it, which then takes its name. An earlier one is there until that moment.
 * @throws {Error} If it cannot be written; the earlier one is as it was then.
 */
export async function writeWebFolder(folder: string, contents: FolderContents): Promise<void> {
  const place = resolve(folder);
  const [partial, old] = [`${place}.${process.pid}.partial`, `${place}.${process.pid}.old`];
  try {
    await mkdir(partial);
    for (const [name, bytes] of contents) await writeAtomically(join(partial, name), bytes);
    const hadOne = await rename(place, old).then(
      () => true,
      () => false,
    );
    try {
      await rename(partial, place);
    } catch (error) {
      if (hadOne) await rename(old, place);
      throw error;
    }
  } finally {
    for (const path of [partial, old]) await rm(path, { recursive: true, force: true });
  }
}
