import { appendFile } from "node:fs/promises";
import { countColumns, formatAccuracyMatrixCsv } from "../evaluation/continual_measures.ts";

/** What the file holds. */
interface WrittenRows {
  readonly rows: number;
  readonly columns: number;
}

/** How the file is written as a whole: all of it or nothing. */
export type WriteText = (path: string, text: string) => Promise<void>;

/**
 * A file with the rows of an accuracy matrix. Rows are added at its end; it is written anew where they are longer than
 * those before, as all lines have as many cells, and the first time, as nobody knows what a killed process left.
 */
export class MatrixFile {
  readonly path: string;
  readonly #writeWhole: WriteText;
  #written: WrittenRows | undefined;

  constructor(path: string, writeWhole: WriteText) {
    this.path = path;
    this.#writeWhole = writeWhole;
  }

  /** Brings the file to these rows: those that it holds already, and further ones. */
  async write(matrix: readonly (readonly number[])[]): Promise<void> {
    const before = this.#written;
    // An error leaves the file in an unknown state.
    this.#written = undefined;
    const added = before && matrix.slice(before.rows);
    const isWider = before === undefined || countColumns(added ?? []) > before.columns;
    if (!isWider && added) {
      const { columns } = before;
      if (added.length > 0) await appendFile(this.path, formatAccuracyMatrixCsv(added, { columns }));
      this.#written = { rows: matrix.length, columns };
      return;
    }
    await this.#writeWhole(this.path, formatAccuracyMatrixCsv(matrix));
    this.#written = { rows: matrix.length, columns: countColumns(matrix) };
  }
}
