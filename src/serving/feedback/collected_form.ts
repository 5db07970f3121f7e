import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { isSystemError } from "../../core/errors/system_error.ts";
import { MAX_NPY_HEADER_BYTES, parseNpyHeader } from "../../data/readers/npy_reader.ts";
import { readStart } from "../../data/readers/read_bytes.ts";

/** How one row of samples is kept. */
export interface RowForm {
  /** numpy's name of the type: "<f4". */
  readonly descr: string;
  readonly rowShape: readonly number[];
}

/** The name of an experience of feedback, and its number. */
export const FEEDBACK_NAME = /^feedback-(\d{1,9})$/;

/**
 * How the samples of the first experience of feedback in a folder are kept: a run reads others if they are alike.
 * Undefined where there is none that can be read.
 */
export async function readCollectedForm(folder: string): Promise<RowForm | undefined> {
  const names = (await readdir(folder)).filter((name) => FEEDBACK_NAME.test(name));
  for (const name of names.sort()) {
    const path = join(folder, name, "x.npy");
    try {
      const { descr, shape } = parseNpyHeader(await readStart(path, MAX_NPY_HEADER_BYTES), path);
      return { descr, rowShape: shape.slice(1) };
    } catch (error) {
      // Somebody has put something else in its place: training tells of it.
      if (!(error instanceof RefusalError) && !isSystemError(error)) throw error;
    }
  }
  return undefined;
}
