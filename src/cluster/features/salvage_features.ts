import { constants } from "node:fs";
import { copyFile, type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { readErrorCode } from "../../core/errors/system_error.ts";
import { markFeatures } from "../../engine/feature_cache/mark_features.ts";
import {
  FEATURES_START,
  type FeatureTable,
  measureRow,
  measureTable,
  parseHeader,
  placeMark,
  readKnown,
  readPart,
  writePart,
} from "./feature_table.ts";

/** The name of a file that replicas add to: behind that of the file itself. */
const PARTIAL = /^(.+\.features)\.[0-9a-f]{8}\.\d+(?:\.[0-9a-f]{8})?-\d+\.partial$/;

/**
 * Makes a file of features of what a killed process has left: the rows that bear their mark, and those of the file that
 * there is. Removes what it left. Others may do the same at that moment.
 * @param namePartial A new name beside a file, as long as it is written.
 */
export async function salvageFeatures(
  folder: string,
  name: string,
  namePartial: (path: string) => string,
): Promise<void> {
  const left = join(folder, name);
  const [, final] = PARTIAL.exec(name) ?? [];
  const path = join(folder, final ?? name);
  const partial = namePartial(path);
  try {
    const table = final === undefined ? undefined : await readTable(left);
    if (table && final === `${table.key}.features`) {
      // A copy: a replica may have outlived its process, and have the other one open.
      await copyFile(left, partial, constants.COPYFILE_FICLONE);
      if (await complete(partial, path, table)) await rename(partial, path);
    }
  } catch (error) {
    // Another process has saved it, and removed it.
    if (readErrorCode(error) !== "ENOENT") throw error;
  } finally {
    await rm(partial, { force: true });
  }
  await rm(left, { force: true });
}

/** What a file was begun for; undefined where it did not come as far as that. */
async function readTable(path: string): Promise<FeatureTable | undefined> {
  const file = await open(path, "r");
  try {
    const table = parseHeader(await readPart(file, { start: 0, length: FEATURES_START }));
    if (!table) return undefined;
    return (await file.stat()).size === placeMark(table, table.rows) ? table : undefined;
  } finally {
    await file.close();
  }
}

/** Brings a copy into the form of a file with a name. False where the file that has that name is as good. */
async function complete(partial: string, path: string, table: FeatureTable): Promise<boolean> {
  const known = new Int32Array(table.rows);
  const before = await countKnown(path, table, known);
  const file = await open(partial, "r+");
  const other = before > 0 ? await open(path, "r") : undefined;
  try {
    const flags = new Uint8Array(table.rows);
    const marks = await readPart(file, {
      start: placeMark(table, 0),
      length: placeMark(table, table.rows) - placeMark(table, 0),
    });
    for (let row = 0; row < table.rows; row++) {
      if (known[row] && other) await writePart(file, await readRow(other, table, row), placeRow(table, row));
      flags[row] = known[row] || (await isMarked(file, table, { row, marks })) ? 1 : 0;
    }
    await writePart(file, flags, measureTable(table) - flags.length);
    await file.truncate(measureTable(table));
    await file.sync();
    return flags.reduce((sum, flag) => sum + flag, 0) > before;
  } finally {
    await file.close();
    await other?.close();
  }
}

/** A file that is damaged is as good as none: whoever needs it is told so. */
async function countKnown(path: string, table: FeatureTable, known: Int32Array): Promise<number> {
  try {
    return await readKnown(path, table, known);
  } catch (error) {
    if (error instanceof RefusalError) return table.rows;
    throw error;
  }
}

async function isMarked(
  file: FileHandle,
  table: FeatureTable,
  { row, marks }: { readonly row: number; readonly marks: Uint8Array },
): Promise<boolean> {
  const from = placeMark(table, row) - placeMark(table, 0);
  const mark = marks.subarray(from, placeMark(table, row + 1) - placeMark(table, 0));
  if (mark.every((byte) => byte === 0)) return false;
  const wanted = markFeatures(await readRow(file, table, row));
  return mark.every((byte, i) => byte === wanted[i]);
}

function placeRow(table: FeatureTable, row: number): number {
  return FEATURES_START + row * measureRow(table);
}

function readRow(file: FileHandle, table: FeatureTable, row: number): Promise<Uint8Array> {
  return readPart(file, { start: placeRow(table, row), length: measureRow(table) });
}
