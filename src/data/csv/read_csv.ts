import { assertArrayBytes } from "../../core/array_limit.ts";
import { describeValue, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { LabelledSamples } from "../readers/labelled_samples.ts";
import { isTaskLabel, TASK_LABEL_WORDS } from "../transforms/label_tasks.ts";
import { parseCell, refuseCell } from "./csv_cells.ts";
import type { CsvColumns, CsvLayout } from "./csv_columns.ts";
import { readRecords, type TakeRecord } from "./csv_records.ts";
import { surveyCsv } from "./csv_survey.ts";
import { readCsvText } from "./csv_text.ts";
import { createTargetCollector, type TargetCollector } from "./target_collectors.ts";

/**
 * Reads a CSV file: a first row that names the columns, then a row a sample. One column is the label, or some are the
 * targets; every other one is a feature, a decimal number. Cells may be quoted, blank rows are passed over. The file is
 * read twice, in pieces: beside the numbers, which lie in shared memory, no more than a row is held.
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
  const targets = createTargetCollector(columns.plan, layout, { path, rows });
  const tasks = layout.task === undefined ? undefined : new Int32Array(rows);
  const take = createTaker(layout, { path, x, targets, tasks });
  await readRecords(readCsvText(path, { encoding }), { ...layout, hasQuotes, subject: path, take });
  const found = targets.finish();
  const read = found.labels.places.length;
  return {
    path,
    x: read === rows ? x : x.subarray(0, read * features),
    sampleShape: [features],
    ...found,
    ...(tasks ? { tasks: tasks.subarray(0, read) } : {}),
  };
}

interface TakenRows {
  readonly path: string;
  readonly x: Float32Array;
  readonly targets: TargetCollector;
  readonly tasks: Int32Array | undefined;
}

/** Writes the numbers and the targets of each row behind those of the rows before it. */
function createTaker({ width, task, features, names }: CsvLayout, { path, x, targets, tasks }: TakenRows): TakeRecord {
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
    targets.add(cells, place);
    if (tasks && task !== undefined) tasks[at / features.length] = parseTask(place, cells[task] ?? "");
    for (const column of features) {
      const cell = cells[column] ?? "";
      const value = parseCell(cell);
      if (value === undefined) throw refuseCell({ place, column: names[column] ?? "", cell });
      x[at] = value;
      at += 1;
    }
  };
}

/** @throws {SyntaxRefusal} If the cell is no whole number of at least 0. */
function parseTask(place: string, cell: string): number {
  const label = parseCell(cell) === undefined ? undefined : Number(cell);
  if (label !== undefined && isTaskLabel(label)) return label;
  throw new SyntaxRefusal(`${place}: ${TASK_LABEL_WORDS}, got ${describeValue(cell.trim())}`);
}
