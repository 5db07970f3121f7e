import { assertWholeNumber } from "../../../core/errors/errors.ts";
import { declareState, list, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/**
 * Accuracies by what was trained and what was tested: row r is the state after r + 1 trained experiences, column c is
 * experience c of the test stream. Cells that were never measured are NaN.
 */
export class AccuracyMatrix implements Metric<number[][]> {
  readonly #state = declareState("an accuracy matrix", { rows: list(list(number())) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Sets a cell; the matrix grows as needed.
   * @throws {RangeError} If row or column is not a whole number.
   */
  update(row: number, column: number, accuracy: number): void {
    assertWholeNumber("AccuracyMatrix", "row", row);
    assertWholeNumber("AccuracyMatrix", "column", column);
    const { rows } = this.#state;
    while (rows.length <= row) rows.push([]);
    const cells = rows[row] ?? [];
    while (cells.length < column) cells.push(Number.NaN);
    cells[column] = accuracy;
  }

  /** [trained, tested], all rows of one length. The caller owns the result. */
  result(): number[][] {
    const { rows } = this.#state;
    const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
    return rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(Number.NaN)]);
  }
}
