import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ExperienceSummary } from "../summary/run_summary.ts";

/** Cells of an accuracy matrix that a checkpoint holds itself, some 200 kB: those of a larger one stay in its file. */
const MAX_CELLS = 10_000;

/** A row as a checkpoint keeps it: with its accuracies, or with how many of them stand in the same row of the file. */
export interface StoredExperience extends Omit<ExperienceSummary, "testAccuracy"> {
  readonly testAccuracy?: readonly number[];
  readonly cells?: number;
}

/** Whether the accuracies are so many that they would be written again and again. */
export function isLargeMatrix(experiences: readonly ExperienceSummary[]): boolean {
  return experiences.reduce((sum, { testAccuracy }) => sum + testAccuracy.length, 0) > MAX_CELLS;
}

/** The same without the accuracies of the first `count`, which the matrix's file holds. */
export function leaveOutRows(experiences: readonly ExperienceSummary[], count: number): readonly StoredExperience[] {
  return experiences.map((experience, row) => {
    if (row >= count) return experience;
    const { testAccuracy, ...rest } = experience;
    return { ...rest, cells: testAccuracy.length };
  });
}

/**
 * Puts the accuracies of a matrix's file back where they were left out.
 * @param readMatrix Asked only where some were. Rows may be longer than they were: others were added.
 * @throws {RangeRefusal} If the file has not as many rows or cells.
 */
export async function putRowsBack(
  experiences: readonly StoredExperience[],
  readMatrix: () => Promise<readonly (readonly number[])[]>,
): Promise<ExperienceSummary[]> {
  const matrix = experiences.some(({ testAccuracy }) => testAccuracy === undefined) ? await readMatrix() : [];
  // In the order in which a run that was not cut off writes them.
  return experiences.map(({ cells, testAccuracy, streamAccuracy, onnx, ...rest }, row) => {
    const known = testAccuracy ?? matrix[row]?.slice(0, cells);
    if (known && known.length === (cells ?? known.length)) {
      return { ...rest, testAccuracy: known, streamAccuracy, onnx };
    }
    throw new RangeRefusal(`it needs ${cells} cells in row ${row} of accuracy_matrix.csv, got ${known?.length ?? 0}`);
  });
}
