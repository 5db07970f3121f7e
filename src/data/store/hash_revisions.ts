import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { elementAt } from "../../core/element_at.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import type { DecoderSpec } from "../decoders/decoder_spec.ts";
import { findPart } from "../sample_index.ts";

/** How many files are looked at together. */
const LOOKED_AT_ONCE = 64;

/**
 * What files of rows are known by without being read: a hash of their sizes and times of change, in hexadecimal, in the
 * order of the rows.
 * @throws {RefusalError} If a file is gone; the message names it.
 */
export async function hashRevisions(spec: DecoderSpec, rows: Iterable<number>): Promise<string> {
  const files = new Set<string>();
  const findFile = createFileFinder(spec);
  for (const row of rows) files.add(findFile(row));
  const list = [...files];
  const hash = createHash("sha256");
  for (let start = 0; start < list.length; start += LOOKED_AT_ONCE) {
    const some = list.slice(start, start + LOOKED_AT_ONCE);
    const found = await Promise.all(some.map((file) => withFileNamed(file, () => stat(file))));
    for (const { size, mtimeMs } of found) hash.update(`${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Finds the file that a user has of a row. */
function createFileFinder(spec: DecoderSpec): (row: number) => string {
  switch (spec.kind) {
    case "imageFiles":
      return (row) => elementAt(spec.files, row);
    case "packedImages":
      return (row) => elementAt(spec.files, elementAt(spec.fileOf, row));
    case "npyRows":
      return () => spec.file;
    case "floatRows":
      // The rows themselves are in a temporary file.
      return () => spec.subject;
    case "parquetImages":
    case "parquetNumbers": {
      const starts = listStarts(spec.groupStarts.map((own) => own.at(-1) ?? 0));
      return (row) => elementAt(spec.files, findPart(starts, row));
    }
    case "joined": {
      const starts = listStarts(spec.parts.map(({ rows }) => rows));
      const finders = spec.parts.map((part) => createFileFinder(part.spec));
      return (row) => {
        const part = findPart(starts, row);
        return elementAt(finders, part)(row - elementAt(starts, part));
      };
    }
  }
}

/** Where each of several parts with so many rows begins. */
function listStarts(counts: readonly number[]): number[] {
  let rows = 0;
  return counts.map((count) => {
    rows += count;
    return rows - count;
  });
}
