import { createReadStream } from "node:fs";
import { RangeRefusal } from "../core/errors/errors.ts";
import { assertRegularFile } from "./read_run_files.ts";
import { readErrorCode, withStorage } from "./storage_error.ts";

/** Characters that a line may have: far more than the largest confusion matrix takes. */
const MAX_LINE_LENGTH = 2 ** 26;

/**
 * The whole lines of a text file of a run, without their newlines, in groups as they are read: a long run's metrics are
 * longer than a string may be. What comes after the last newline is left out: a run that goes on may be writing it.
 * Nothing comes where there is no file.
 * @throws {RangeRefusal} If a line is too long to be a run's.
 * @throws {StorageError} If the file cannot be read.
 */
export async function* readRunLines(path: string): AsyncGenerator<readonly string[]> {
  if (!(await isThere(path))) return;
  let rest = "";
  const stream = createReadStream(path, { encoding: "utf8" });
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await withStorage(`read ${path}`, () => chunks.next());
      if (done) return;
      const lines = `${rest}${String(value)}`.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE_LENGTH) throw new RangeRefusal(`${path}: a line is longer than ${MAX_LINE_LENGTH}`);
      if (lines.length > 0) yield lines;
    }
  } finally {
    stream.destroy();
  }
}

function isThere(path: string): Promise<boolean> {
  return withStorage(`read ${path}`, async () => {
    try {
      await assertRegularFile(path);
      return true;
    } catch (error) {
      if (readErrorCode(error) === "ENOENT") return false;
      throw error;
    }
  });
}
