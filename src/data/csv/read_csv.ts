import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { assertArrayBytes } from "../../core/array_limit.ts";
import { RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { LabelledSamples, PendingSamples } from "../readers/labelled_samples.ts";
import { RecordCollector } from "../readers/record_collector.ts";
import { parseCell, refuseCell } from "./csv_cells.ts";
import type { CsvColumns, CsvLayout } from "./csv_columns.ts";
import { readRecords, type TakeRecord } from "./csv_records.ts";
import { surveyCsv } from "./csv_survey.ts";
import { readCsvText } from "./csv_text.ts";
import { FloatSpill } from "./float_spill.ts";

/**
 * A CSV file: a first row that names the columns, then a row a sample. One column is the label, or some are the
 * targets; every other one is a feature, a decimal number. Cells may be quoted, blank rows are passed over. The file is
 * read twice, in pieces, now and when its samples are asked for. Beside the numbers, which lie in shared memory or in a
 * temporary file, no more than a row is held.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is no such file, its columns are not those of the files
 *   before it, or a cell is no number; the message names the row, as a spreadsheet counts.
 */
export async function readCsv(path: string, columns: CsvColumns): Promise<PendingSamples> {
  const { encoding } = columns;
  const { header, rows, hasQuotes } = await surveyCsv(path, encoding);
  const layout = columns.match(header, path);
  const features = layout.features.length;
  if (rows === 0) throw new SyntaxRefusal(`${path}: must have a row below the names of the columns`);
  const bytes = rows * features * Float32Array.BYTES_PER_ELEMENT;
  const found = { columns, layout, rows, hasQuotes };
  const load = async () => {
    assertArrayBytes(path, bytes);
    const x = createSharedFloat32(rows * features);
    let at = 0;
    const add = (value: number) => {
      x[at] = value;
      at += 1;
    };
    const known = await readRows(path, { ...found, add });
    return { ...known, x: at === x.length ? x : x.subarray(0, at) };
  };
  const locate = async () => {
    const spill = await FloatSpill.open();
    const known = await readRows(path, { ...found, add: (value) => spill.add(value) });
    spill.finish();
    const spec = { kind: "floatRows", file: spill.path, width: features, subject: path } as const;
    return { ...known, x: new Float32Array(0), located: { spec, digest: await hashSize(path) } };
  };
  return { path, bytes, load, locate };
}

async function hashSize(path: string): Promise<string> {
  const { size } = await stat(path);
  return createHash("sha256")
    .update(`${basename(path)}\0${size}`)
    .digest("hex");
}

/** A CSV file that was surveyed, and who takes its numbers. */
interface SurveyedCsv {
  readonly columns: CsvColumns;
  readonly layout: CsvLayout;
  readonly rows: number;
  readonly hasQuotes: boolean;
  /** Is called for each feature of each row. */
  readonly add: (value: number) => void;
}

async function readRows(
  path: string,
  { columns, layout, rows, hasQuotes, add }: SurveyedCsv,
): Promise<Omit<LabelledSamples, "x">> {
  const { encoding } = columns;
  const records = new RecordCollector(columns, layout, { path, rows });
  const take = createTaker(layout, { path, rows, records, add });
  await readRecords(readCsvText(path, { encoding }), { ...layout, hasQuotes, subject: path, take });
  return { path, sampleShape: [layout.features.length], ...records.finish() };
}

interface TakenRows extends Pick<SurveyedCsv, "rows" | "add"> {
  readonly path: string;
  readonly records: RecordCollector;
}

/** Hands over the numbers and the targets of each row. */
function createTaker({ width, features, names }: CsvLayout, { path, rows, records, add }: TakenRows): TakeRecord {
  let isHeader = true;
  let taken = 0;
  return (cells, row) => {
    if (cells.length === 1 && (cells[0] ?? "").trim() === "") return;
    if (isHeader) {
      isHeader = false;
      return;
    }
    const place = `${path}, row ${row}`;
    if (cells.length !== width) throw new SyntaxRefusal(`${place}: must have ${width} cells, got ${cells.length}`);
    if (taken === rows) throw new RefusalError(`${path}: changed while it was read`);
    taken += 1;
    records.add(cells, place);
    for (const column of features) {
      const cell = cells[column] ?? "";
      const value = parseCell(cell);
      if (value === undefined) throw refuseCell({ place, column: names[column] ?? "", cell });
      add(value);
    }
  };
}
