import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../../core/errors/system_error.ts";

/** What a folder looks like now. */
interface FolderMark {
  /** Changes with the files in it. */
  readonly mark: string;
  readonly files: number;
  /** True where its files were there before it came: it was renamed, or whoever copied it has finished. */
  readonly isComplete: boolean;
}

/** How long folders are left alone that change. */
export interface QuietOptions {
  readonly quietMs: number;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
}

/** Says which folders are whole: those that came by renaming, and those that have not changed for a while. */
export class FolderMarks {
  readonly #options: Required<QuietOptions>;
  readonly #seen = new Map<string, { readonly mark: string; readonly sinceMs: number }>();

  constructor({ quietMs, now = () => performance.now() }: QuietOptions) {
    this.#options = { quietMs, now };
  }

  /** The mark of a folder that is whole; undefined for one that may still change, is empty or is not there. */
  async findWhole(folder: string): Promise<string | undefined> {
    const found = await readMark(folder);
    if (!found || found.files === 0) return undefined;
    if (found.isComplete) return found.mark;
    const { quietMs, now } = this.#options;
    const seen = this.#seen.get(folder);
    const sinceMs = seen?.mark === found.mark ? seen.sinceMs : now();
    this.#seen.set(folder, { mark: found.mark, sinceMs });
    return now() - sinceMs >= quietMs ? found.mark : undefined;
  }
}

/** Undefined where it is not there, or a file in it went while it was looked at. */
async function readMark(folder: string): Promise<FolderMark | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    const lines: string[] = [];
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      const { size, mtimeMs, ino } = await stat(path);
      lines.push(`${path} ${size} ${Math.floor(mtimeMs)} ${ino}`);
    }
    const { mtimeNs, ctimeNs } = await stat(folder, { bigint: true });
    // Files that are added change both times; a folder that is renamed, or given times of its original, changes one.
    const isComplete = files.length === entries.length && ctimeNs > mtimeNs;
    return { mark: lines.sort().join("\n"), files: files.length, isComplete };
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
