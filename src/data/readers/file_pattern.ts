import { glob, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { describeReason } from "../../core/errors/system_error.ts";
import { compareNaturally } from "../../core/natural_order.ts";

/** Whether a path names files, and not a folder: a single one, or those that fit a pattern with `*`, `?` or `[…]`. */
export async function isFilePattern(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found ? !found.isDirectory() : /[*?[]/.test(path);
}

/** Files below a folder, by their paths from there. */
export interface MatchedFiles {
  readonly folder: string;
  /** In natural order; at least one. */
  readonly files: readonly string[];
}

/**
 * The files that a pattern names: `*` stands for anything within a name, `?` for one character, `[…]` for one of
 * several; `**` for any folders. Names that begin with a point are passed over, unless the pattern has the point.
 * @throws {RefusalError} If there is none, or a folder cannot be read.
 */
export async function matchFiles(pattern: string): Promise<MatchedFiles> {
  if (await isFile(pattern)) return { folder: dirname(pattern), files: [basename(pattern)] };
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[]/.test(part));
  const folder = parts.slice(0, first).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const files = (await matchBelow(folder, parts.slice(first).join("/"))).sort(compareNaturally);
  if (files.length === 0) throw new RefusalError(`${pattern}: must name at least one file, got none`);
  return { folder, files };
}

/** Paths from the folder on. */
async function matchBelow(folder: string, pattern: string): Promise<string[]> {
  try {
    await readdir(folder);
  } catch (cause) {
    throw new RefusalError(`${folder}: ${describeReason(cause)}`, { cause });
  }
  const found: string[] = [];
  // Folders fit patterns, too. A link counts as what it leads to.
  for await (const name of glob(pattern, { cwd: folder })) if (await isFile(join(folder, name))) found.push(name);
  return found;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
