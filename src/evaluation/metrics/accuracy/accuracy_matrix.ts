import { assertWholeNumber } from "../../../core/errors/errors.ts";
import type { Metric } from "../metric.ts";
import { parseRows } from "../saved_state.ts";

/**
 * Accuracies by what was trained and what was tested: row r is the state after r + 1 trained experiences, column c is
 * experience c of the test stream. Cells that were never measured are NaN.
 */
export class AccuracyMatrix implements Metric<number[][]> {
  #rows: number[][] = [];

  /**
   * Sets a cell; the matrix grows as needed.
   * @throws {RangeError} If row or column is not a whole number.
   */
  update(row: number, column: number, accuracy: number): void {
    assertWholeNumber("AccuracyMatrix", "row", row);
    assertWholeNumber("AccuracyMatrix", "column", column);
    while (this.#rows.length <= row) this.#rows.push([]);
    const cells = this.#rows[row] ?? [];
    while (cells.length < column) cells.push(Number.NaN);
    cells[column] = accuracy;
  }

  /** [trained, tested], all rows of one length. The caller owns the result. */
  result(): number[][] {
    const width = this.#rows.reduce((widest, row) => Math.max(widest, row.length), 0);
    return this.#rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(Number.NaN)]);
  }

  reset(): void {
    this.#rows = [];
  }

  save(): unknown {
    return this.result();
  }

  restore(state: unknown): void {
    this.#rows = parseRows("the saved state of an accuracy matrix", state);
  }
}
