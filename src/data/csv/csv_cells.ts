import { describeValue, SyntaxRefusal } from "../../core/errors/errors.ts";
import { isTaskLabel, TASK_LABEL_WORDS } from "../transforms/label_tasks.ts";

const [ZERO, NINE, LOWER_E, UPPER_E] = [48, 57, 101, 69];

/** A decimal number of float32; undefined where the cell is none. */
export function parseCell(cell: string): number | undefined {
  const text = cell.trim();
  const value = Math.fround(Number(text));
  if (text === "" || !Number.isFinite(value)) return undefined;
  // Number reads "0x10", "0b101" and "0o7", too.
  const second = text.charCodeAt(1);
  const hasPrefix = text.charCodeAt(0) === ZERO && second > NINE && second !== LOWER_E && second !== UPPER_E;
  return hasPrefix ? undefined : value;
}

/** 0 or 1, or false or true as pandas writes them; undefined where the cell is none of them. */
export function parseFlag(cell: string): number | undefined {
  const text = cell.trim();
  if (/^(?:true|false)$/i.test(text)) return text.length === 4 ? 1 : 0;
  const value = parseCell(text);
  return value === 0 || value === 1 ? value : undefined;
}

/** Where a cell stands, and what it is. */
export interface RefusedCell {
  /** The file and the row. */
  readonly place: string;
  readonly column: string;
  readonly cell: string;
}

/** The refusal of a cell that is no number. */
export function refuseCell({ place, column, cell }: RefusedCell, wanted = "a finite float32 number"): SyntaxRefusal {
  const name = describeValue(column);
  if (cell.trim() === "") return new SyntaxRefusal(`${place}: ${name} is missing`);
  const hint = /^[+-]?\d+,\d+$/.test(cell.trim()) ? "; decimals are written with a point" : "";
  return new SyntaxRefusal(`${place}: ${name} must be ${wanted}, got ${describeValue(cell.trim())}${hint}`);
}

/** A task label. @throws {SyntaxRefusal} If the cell is no whole number of at least 0. */
export function parseTask(place: string, cell: string): number {
  const label = parseCell(cell) === undefined ? undefined : Number(cell);
  if (label !== undefined && isTaskLabel(label)) return label;
  throw new SyntaxRefusal(`${place}: ${TASK_LABEL_WORDS}, got ${describeValue(cell.trim())}`);
}
