import { readdir, stat } from "node:fs/promises";
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
  if (
    await stat(pattern).then(
      (found) => found.isFile(),
      () => false,
    )
  ) {
    return { folder: dirname(pattern), files: [basename(pattern)] };
  }
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[]/.test(part));
  const folder = parts.slice(0, first).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const files = (await matchBelow(folder, parts.slice(first))).sort(compareNaturally);
  if (files.length === 0) throw new RefusalError(`${pattern}: must name at least one file, got none`);
  return { folder, files };
}

/** Paths from the folder on. */
async function matchBelow(folder: string, [part = "", ...rest]: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new RefusalError(`${folder}: ${describeReason(cause)}`, { cause });
  });
  const wanted = part === "**" ? /^/ : toExpression(part);
  const found: string[] = part === "**" && rest.length > 0 ? await matchBelow(folder, rest) : [];
  for (const { name } of entries) {
    if ((name.startsWith(".") && !part.startsWith(".")) || !wanted.test(name)) continue;
    // A link counts as what it leads to.
    const kind = await stat(join(folder, name)).catch(() => undefined);
    if (kind?.isDirectory()) {
      const below = part === "**" ? [part, ...rest] : rest;
      if (below.length > 0)
        found.push(...(await matchBelow(join(folder, name), below)).map((file) => `${name}/${file}`));
    } else if (rest.length === 0 && part !== "**") found.push(name);
  }
  return found;
}

function toExpression(part: string): RegExp {
  const text = part.replaceAll(/\[[^\]]+\]|[\s\S]/g, (piece) => {
    if (piece === "*") return "[^/]*";
    if (piece === "?") return "[^/]";
    if (piece.length > 1) return piece.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return piece.replace(/[.+^${}()|[\]\\]/, "\\$&");
  });
  return new RegExp(`^${text}$`, "s");
}
