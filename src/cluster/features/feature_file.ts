import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { isSystemError, readErrorCode, withFileNamed } from "../../core/errors/system_error.ts";
import { ABSENT, type FeatureFilePlace } from "../../engine/feature_cache/shared_features.ts";

/** Where row 0 begins: before it is a line of text, filled up with spaces. */
const START = 4096;

const FORMAT = "firn features 1";

/** Tells this machine's processes from those of others that have the folder, too. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

let opened = 0;

/** What a file holds. */
interface FeatureTable {
  /** What features and samples are known by, in hexadecimal. */
  readonly key: string;
  readonly rows: number;
  /** D */
  readonly width: number;
}

/**
 * Makes the folder, where one is wanted and not there, and takes away what processes have left that did not come to
 * their end.
 * @throws {RefusalError} If nothing can be written there; the message names it.
 */
export async function openFeatureFolder(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const found = await stat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) throw new RefusalError(`${folder}: features need a folder, got a file`);
  await withFileNamed(folder, async () => {
    await mkdir(folder, { recursive: true });
    const probe = join(folder, `probe.${HOST}.${process.pid}.partial`);
    await (await open(probe, "w")).close();
    await rm(probe);
    for (const name of await readdir(folder)) {
      const [, host, pid] = /\.([0-9a-f]{8})\.(\d+)(?:-\d+)?\.partial$/.exec(name) ?? [];
      if (host === HOST && isGone(Number(pid))) await rm(join(folder, name), { force: true });
    }
  });
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return readErrorCode(error) === "ESRCH";
  }
}

/**
 * A file of features: a row has a place of its own, and behind the rows stands which of them are there. While replicas
 * add to it, it has another name; the whole folder may be removed at any time between runs.
 */
export class FeatureFile {
  readonly place: FeatureFilePlace;
  readonly #path: string;
  readonly #table: FeatureTable;
  /** How many rows were there when it was opened. */
  readonly #before: number;

  private constructor(
    path: string,
    table: FeatureTable,
    { place, before }: { place: FeatureFilePlace; before: number },
  ) {
    this.#path = path;
    this.#table = table;
    this.place = place;
    this.#before = before;
  }

  /**
   * Opens what an earlier run has left, or begins anew.
   * @param places Where it is noted which rows are there.
   * @throws {RefusalError} If the file is damaged, or nothing can be written; the message names it.
   */
  static async open(folder: string, table: FeatureTable, places: Int32Array): Promise<FeatureFile> {
    const path = join(folder, `${table.key}.features`);
    const before = await readKnown(path, table, places);
    if (before === table.rows) {
      return new FeatureFile(path, table, { place: { path, start: START, isWhole: true }, before });
    }
    opened += 1;
    const partial = `${path}.${HOST}.${process.pid}-${opened}.partial`;
    await withFileNamed(partial, async () => {
      if (before > 0) await copyFile(path, partial, constants.COPYFILE_FICLONE);
      const file = await open(partial, before > 0 ? "r+" : "w");
      try {
        await file.truncate(measure(table));
        await file.write(writeHeader(table), 0, START, 0);
      } finally {
        await file.close();
      }
    });
    return new FeatureFile(path, table, { place: { path: partial, start: START, isWhole: false }, before });
  }

  /** Gives the file its name, unless nothing was added or another run has left one that has more. */
  async publish(places: Int32Array): Promise<void> {
    if (this.place.isWhole) return;
    const partial = this.place.path;
    const flags = Uint8Array.from(places, (place) => (place > ABSENT ? 1 : 0));
    const count = flags.reduce((sum, flag) => sum + flag, 0);
    await withFileNamed(partial, async () => {
      if (count === this.#before || count <= (await readKnown(this.#path, this.#table))) {
        await rm(partial, { force: true });
        return;
      }
      const file = await open(partial, "r+");
      try {
        await writeWhole(file, flags, measure(this.#table) - flags.length);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, this.#path);
    });
  }
}

/** The bytes of the whole file. */
function measure({ rows, width }: FeatureTable): number {
  return START + rows * width * Float32Array.BYTES_PER_ELEMENT + rows;
}

function writeHeader({ key, rows, width }: FeatureTable): Uint8Array {
  const order = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little-endian" : "big-endian";
  const line = `${FORMAT} ${key} [${rows}, ${width}] float32 ${order}`;
  return new TextEncoder().encode(`${line.padEnd(START - 1)}\n`);
}

/**
 * Which rows a file has, noted in `places`. Returns their number; 0 where there is no file.
 * @throws {SyntaxRefusal} If it is not what it must be.
 */
async function readKnown(path: string, table: FeatureTable, places?: Int32Array): Promise<number> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (readErrorCode(error) === "ENOENT") return 0;
    return withFileNamed(path, () => Promise.reject(error));
  }
  try {
    const { size } = await file.stat();
    const header = new Uint8Array(START);
    await file.read(header, 0, START, 0);
    const wanted = writeHeader(table);
    if (size !== measure(table) || !header.every((byte, i) => byte === wanted[i])) {
      throw new SyntaxRefusal(`${path}: damaged file of features; remove it`);
    }
    const flags = await readTail(file, { start: size - table.rows, length: table.rows });
    let count = 0;
    for (const [row, flag] of flags.entries()) {
      if (flag === 0) continue;
      count += 1;
      if (places) places[row] = 1;
    }
    return count;
  } catch (cause) {
    throw isSystemError(cause) ? await withFileNamed(path, () => Promise.reject(cause)) : cause;
  } finally {
    await file.close();
  }
}

async function readTail(file: FileHandle, { start, length }: { start: number; length: number }): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}
