import { appendFile, open, readFile } from "node:fs/promises";
import { countColumns, formatAccuracyMatrixCsv } from "../../evaluation/continual_measures.ts";
import { assertRegularFile } from "../read_run_files.ts";
import { readErrorCode, withStorage } from "../storage_error.ts";

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

  /**
   * Has the operating system hand the file to the disk.
   * @returns How many rows stand there for certain: none before the first `write`.
   * @throws {StorageError} If the disk refuses.
   */
  async sync(): Promise<number> {
    if (!this.#written) return 0;
    const { rows } = this.#written;
    await withStorage(`write ${this.path}`, async () => {
      const file = await open(this.path, "r+");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return rows;
  }

  /** The rows that the file holds, NaN where a cell is empty; none where there is no file. */
  async read(): Promise<readonly (readonly number[])[]> {
    const lines = (await this.#readText()).split("\n");
    // What comes after the last newline was being written.
    return lines.slice(0, -1).map((line) => line.split(",").map((cell) => (cell === "" ? Number.NaN : Number(cell))));
  }

  async #readText(): Promise<string> {
    try {
      await assertRegularFile(this.path);
      return await readFile(this.path, "utf8");
    } catch (error) {
      if (readErrorCode(error) === "ENOENT") return "";
      throw error;
    }
  }
}
