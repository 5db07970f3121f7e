import { describeValue, SyntaxRefusal } from "../../core/errors/errors.ts";
import { type RefusedCell, refuseCell } from "../csv/csv_cells.ts";

/**
 * The bytes of an image file in a cell: the cell's own, or those of its field `bytes`, as Hugging Face writes them.
 * @param subject The file and the row, for messages.
 * @throws {SyntaxRefusal} If there are none.
 */
export function readImageBytes(cell: unknown, subject: string): Uint8Array {
  const bytes = typeof cell === "object" && cell !== null && "bytes" in cell ? cell.bytes : cell;
  if (bytes instanceof Uint8Array) return bytes;
  const path = typeof cell === "object" && cell !== null && "path" in cell ? cell.path : undefined;
  const got = typeof path === "string" ? `the path ${describeValue(path)} alone` : describeValue(cell);
  throw new SyntaxRefusal(`${subject}: the image must be there as bytes, got ${got}`);
}

/**
 * A cell as a number of float32.
 * @throws {SyntaxRefusal} If it is none.
 */
export function readNumber(cell: unknown, where: Pick<RefusedCell, "place" | "column">): number {
  const value = Math.fround(typeof cell === "bigint" || typeof cell === "boolean" ? Number(cell) : toNumber(cell));
  if (Number.isFinite(value)) return value;
  throw refuseCell({ ...where, cell: writeCell(cell) });
}

function toNumber(cell: unknown): number {
  return typeof cell === "number" ? cell : Number.NaN;
}

/** A cell as a CSV file would have it: what targets and keys are read from. */
export function writeCell(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "boolean") return cell ? "True" : "False";
  // A date or time: "2024-05-31T00:00:00.000Z", which sorts as text.
  if (typeof cell === "object" && "toISOString" in cell && typeof cell.toISOString === "function") {
    return String(cell.toISOString());
  }
  return typeof cell === "object" ? (JSON.stringify(cell) ?? "") : String(cell);
}
