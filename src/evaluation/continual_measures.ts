import { needs, RangeRefusal } from "../core/errors/errors.ts";

/** What one line says of an accuracy matrix, or of a matrix of another measure. */
export interface ContinualMeasures {
  /** Mean over the tested experiences of the accuracy now. */
  readonly averageAccuracy: number;
  /**
   * Mean over the experiences learned earlier of first-learned accuracy minus accuracy now; 0 if there are none. Of an
   * error, which grows when something is forgotten: the error now minus the first-learned error.
   */
  readonly averageForgetting: number;
  /** The negative of the average forgetting. */
  readonly backwardTransfer: number;
}

/**
 * Sums up an accuracy matrix [trained, tested]: "now" is its last row, and the experience trained last is left out of
 * forgetting. An experience was first learned at the last row that was trained on it and measured it.
 * `trainedExperiences` says on which experience (column) each row was trained; without it row r was trained on
 * experience r. Where rows are pieces of experiences it is needed: `[...pieces].map(findOriginNumber)`. Cells that were
 * not measured (NaN) are left out; with none measured, averageAccuracy is NaN. A row may be longer than those above
 * it, where experiences came later. `lowerIsBetter` is for a matrix of errors.
 * @throws {RangeError} If the matrix is empty, a row is shorter than the one above it, or there is another number of
 * rows than `trainedExperiences`, or more rows than columns without them.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export function summarizeAccuracyMatrix(
  matrix: readonly (readonly number[])[],
  options: { readonly trainedExperiences?: readonly number[]; readonly lowerIsBetter?: boolean } = {},
): ContinualMeasures {
  const { trainedExperiences, lowerIsBetter = false } = options;
  assertMatrix(matrix);
  const now = matrix[matrix.length - 1] ?? [];
  const falls = meanOf(listForgetting(matrix, trainedExperiences ?? numberRows(matrix))) ?? 0;
  // Subtracted from zero, because a minus sign would turn 0 into −0.
  const averageForgetting = lowerIsBetter ? 0 - falls : falls;
  return {
    averageAccuracy: meanOf(now.filter((accuracy) => !Number.isNaN(accuracy))) ?? Number.NaN,
    averageForgetting,
    backwardTransfer: 0 - averageForgetting,
  };
}

/**
 * The matrix as lines of comma-separated numbers, no heading. All lines have as many cells as the longest row, or as
 * there are `columns`; cells that were not measured are empty.
 */
export function formatAccuracyMatrixCsv(
  matrix: readonly (readonly number[])[],
  { columns = countColumns(matrix) }: { readonly columns?: number } = {},
): string {
  const formatRow = (row: readonly number[]) =>
    Array.from({ length: columns }, (_, i) => row[i] ?? Number.NaN).map((cell) =>
      Number.isNaN(cell) ? "" : String(cell),
    );
  return matrix.map((row) => `${formatRow(row).join(",")}\n`).join("");
}

/** The length of the longest row: the columns of an accuracy matrix. */
export function countColumns(matrix: readonly (readonly number[])[]): number {
  return matrix.reduce((widest, row) => Math.max(widest, row.length), 0);
}

function listForgetting(matrix: readonly (readonly number[])[], trainedExperiences: readonly number[]): number[] {
  if (trainedExperiences.length !== matrix.length) {
    const wanted = `one trained experience for each of ${matrix.length} rows`;
    throw new RangeRefusal(needs("the accuracy matrix", wanted, trainedExperiences));
  }
  const firstLearned = new Map<number, number>();
  trainedExperiences.forEach((experience, row) => {
    const accuracy = matrix[row]?.[experience] ?? Number.NaN;
    if (!Number.isNaN(accuracy)) firstLearned.set(experience, accuracy);
  });
  firstLearned.delete(trainedExperiences[trainedExperiences.length - 1] ?? -1);
  const now = matrix[matrix.length - 1] ?? [];
  return [...firstLearned]
    .map(([experience, initial]) => initial - (now[experience] ?? Number.NaN))
    .filter((forgetting) => !Number.isNaN(forgetting));
}

/** Row r was trained on experience r. @throws {RangeError} If there are more rows than experiences. */
function numberRows(matrix: readonly (readonly number[])[]): number[] {
  const columns = countColumns(matrix);
  if (matrix.length > columns) {
    throw new RangeRefusal(
      `summarizeAccuracyMatrix: trainedExperiences must say on which experience each row was trained, ` +
        `where there are more rows (${matrix.length}) than columns (${columns})`,
    );
  }
  return matrix.map((_, row) => row);
}

function assertMatrix(matrix: readonly (readonly number[])[]): void {
  const lengths = matrix.map((row) => row.length);
  if (lengths.length === 0 || lengths.some((length, row) => length === 0 || length < (lengths[row - 1] ?? 0))) {
    throw new RangeRefusal(needs("the accuracy matrix", "rows of one length above 0, or longer ones below", lengths));
  }
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
