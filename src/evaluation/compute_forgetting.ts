import { needs, RangeRefusal } from "../core/errors/errors.ts";

/**
 * The forgetting of each experience at each time: its accuracy when it had just been learned minus its accuracy now; 0
 * until it was learned. As Avalanche's `evaluation.functional.forgetting`.
 * @param matrix Accuracies [T, E]: a row a time, a column an experience.
 * @param learnedAt The row after which each experience was learned, E of them. Default: row k for experience k.
 * @returns A matrix of the same shape, which the caller owns.
 * @throws {RangeError} If rows have not E columns, or an experience was learned at no row of the matrix.
 * @see Chaudhry et al. 2018, Riemannian Walk, arXiv:1801.10112
 */
export function computeForgetting(
  matrix: readonly (readonly number[])[],
  learnedAt: readonly number[] = matrix.map((_, row) => row),
): number[][] {
  const misfit = matrix.find((row) => row.length !== learnedAt.length);
  if (misfit) {
    throw new RangeRefusal(needs("computeForgetting", `rows of ${learnedAt.length} accuracies`, misfit.length));
  }
  const lost = learnedAt.find((row) => !matrix[row]);
  if (lost !== undefined) {
    throw new RangeRefusal(needs("computeForgetting", `learnedAt below ${matrix.length}, the number of rows`, lost));
  }
  return matrix.map((row, time) =>
    row.map((accuracy, experience) => {
      const learned = learnedAt[experience] ?? 0;
      return time <= learned ? 0 : (matrix[learned]?.[experience] ?? 0) - accuracy;
    }),
  );
}
