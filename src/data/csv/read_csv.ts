import { assertArrayBytes } from "../../core/array_limit.ts";
import { describeValue, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared_memory.ts";
import { LabelCollector } from "../readers/label_table.ts";
import type { LabelledSamples } from "../readers/labelled_samples.ts";
import type { CsvColumns, CsvLayout } from "./csv_columns.ts";
import { readRecords, type TakeRecord } from "./csv_records.ts";
import { surveyCsv } from "./csv_survey.ts";
import { readCsvText } from "./csv_text.ts";

/**
 * Reads a CSV file: a first row that names the columns, then a row a sample. One column is the label, every other one a
 * feature, a decimal number. Cells may be quoted, blank rows are passed over. The file is read twice, in pieces: beside
 * the numbers, which lie in shared memory, no more than a row is held.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is no such file, its columns are not those of the files
 *   before it, or a cell is no number; the message names the row, as a spreadsheet counts.
 */
export async function readCsv(path: string, columns: CsvColumns): Promise<LabelledSamples> {
  const { encoding } = columns;
  const { header, rows, hasQuotes } = await surveyCsv(path, encoding);
  const layout = columns.match(header, path);
  const features = layout.features.length;
  if (rows === 0) throw new SyntaxRefusal(`${path}: must have a row below the names of the columns`);
  assertArrayBytes(path, rows * features * Float32Array.BYTES_PER_ELEMENT);
  const x = createSharedFloat32(rows * features);
  const labels = new LabelCollector(path, rows);
  const take = createTaker(layout, { path, x, labels });
  await readRecords(readCsvText(path, { encoding }), { ...layout, hasQuotes, subject: path, take });
  const table = labels.finish();
  const isWhole = table.places.length === rows;
  return {
    path,
    x: isWhole ? x : x.subarray(0, table.places.length * features),
    sampleShape: [features],
    labels: table,
  };
}

interface TakenRows {
  readonly path: string;
  readonly x: Float32Array;
  readonly labels: LabelCollector;
}

/** Writes the numbers and the label of each row behind those of the rows before it. */
function createTaker(
  { width, label: labelPlace, features, names }: CsvLayout,
  { path, x, labels }: TakenRows,
): TakeRecord {
  let isHeader = true;
  let at = 0;
  return (cells, row) => {
    if (cells.length === 1 && (cells[0] ?? "").trim() === "") return;
    if (isHeader) {
      isHeader = false;
      return;
    }
    const place = `${path}, row ${row}`;
    if (cells.length !== width) throw new SyntaxRefusal(`${place}: must have ${width} cells, got ${cells.length}`);
    if (at === x.length) throw new RefusalError(`${path}: changed while it was read`);
    const label = (cells[labelPlace] ?? "").trim();
    if (label === "" || /^nan$/i.test(label)) throw new SyntaxRefusal(`${place}: label is missing`);
    for (const column of features) {
      const value = parseCell(cells[column] ?? "");
      if (value === undefined) throw refuseCell(place, names[column] ?? "", cells[column] ?? "");
      x[at] = value;
      at += 1;
    }
    labels.add(label);
  };
}

const [ZERO, NINE, LOWER_E, UPPER_E] = [48, 57, 101, 69];

/** A decimal number of float32; undefined where the cell is none. */
function parseCell(cell: string): number | undefined {
  const text = cell.trim();
  const value = Math.fround(Number(text));
  if (text === "" || !Number.isFinite(value)) return undefined;
  // Number reads "0x10", "0b101" and "0o7", too.
  const second = text.charCodeAt(1);
  const hasPrefix = text.charCodeAt(0) === ZERO && second > NINE && second !== LOWER_E && second !== UPPER_E;
  return hasPrefix ? undefined : value;
}

function refuseCell(place: string, column: string, cell: string): SyntaxRefusal {
  const name = describeValue(column);
  if (cell.trim() === "") return new SyntaxRefusal(`${place}: ${name} is missing`);
  const hint = /^[+-]?\d+,\d+$/.test(cell.trim()) ? "; decimals are written with a point" : "";
  return new SyntaxRefusal(
    `${place}: ${name} must be a finite float32 number, got ${describeValue(cell.trim())}${hint}`,
  );
}
