import { type FileHandle, open } from "node:fs/promises";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { isSystemError, readErrorCode, withFileNamed } from "../../core/errors/system_error.ts";

/** Where row 0 begins: before it is a line of text, filled up with spaces. */
export const FEATURES_START = 4096;

const FORMAT = "firn features 1";

/** What a file of features holds. */
export interface FeatureTable {
  /** What features and samples are known by, in hexadecimal. */
  readonly key: string;
  readonly rows: number;
  /** D */
  readonly width: number;
}

/** The bytes of a row. */
export function measureRow({ width }: FeatureTable): number {
  return width * Float32Array.BYTES_PER_ELEMENT;
}

/** The bytes of a whole file: behind the rows stands a byte for each that says whether it is there. */
export function measureTable(table: FeatureTable): number {
  return FEATURES_START + table.rows * (measureRow(table) + 1);
}

/** Bytes of a row's mark in a file that is added to. */
const MARK_BYTES = 4;

/**
 * Where a row's mark stands while a file is added to, behind all that stays: the CRC-32 of the row, from 1 on, written
 * after it. What a killed process has left half written has none, or another one.
 */
export function placeMark(table: FeatureTable, row: number): number {
  return measureTable(table) + row * MARK_BYTES;
}

/** What stands before the rows. */
export function writeHeader({ key, rows, width }: FeatureTable): Uint8Array {
  const order = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little-endian" : "big-endian";
  const line = `${FORMAT} ${key} [${rows}, ${width}] float32 ${order}`;
  return new TextEncoder().encode(`${line.padEnd(FEATURES_START - 1)}\n`);
}

/** The table of a file that begins as they all do; undefined for others. */
export function parseHeader(header: Uint8Array): FeatureTable | undefined {
  const line = new TextDecoder().decode(header);
  const [, key = "", rows, width] = /^firn features 1 ([0-9a-f-]+) \[(\d+), (\d+)\] /.exec(line) ?? [];
  const table = { key, rows: Number(rows), width: Number(width) };
  const wanted = writeHeader(table);
  return header.length === wanted.length && header.every((byte, i) => byte === wanted[i]) ? table : undefined;
}

/**
 * Which rows a file has, noted in `places`. Returns their number; 0 where there is no file.
 * @throws {SyntaxRefusal} If it is not what it must be.
 */
export async function readKnown(path: string, table: FeatureTable, places?: Int32Array): Promise<number> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (readErrorCode(error) === "ENOENT") return 0;
    return withFileNamed(path, () => Promise.reject(error));
  }
  try {
    const { size } = await file.stat();
    const header = new Uint8Array(FEATURES_START);
    await file.read(header, 0, FEATURES_START, 0);
    const wanted = writeHeader(table);
    if (size !== measureTable(table) || !header.every((byte, i) => byte === wanted[i])) {
      throw new SyntaxRefusal(`${path}: damaged file of features; remove it`);
    }
    const flags = await readPart(file, { start: size - table.rows, length: table.rows });
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

/** Bytes of a file; zeros behind its end. */
export async function readPart(
  file: FileHandle,
  { start, length }: { readonly start: number; readonly length: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes;
}

/** Writes all bytes. */
export async function writePart(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}
