import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { parse as parseAtOnce } from "csv-parse/sync";
import { SyntaxRefusal } from "../../core/errors/errors.ts";

/** How rows are cut into cells. */
export interface CsvDialect {
  /** One character. */
  readonly delimiter: string;
  /** Whether a cell may be quoted. */
  readonly hasQuotes: boolean;
}

/** The cells of a row, and its number, from 1. The cells may have blanks around them. */
export type TakeRecord = (cells: readonly string[], row: number) => void;

const LINE_END = /\r\n|\n|\r/;

/** What csv-parse is told: a quote begins and ends a cell, and is doubled within; blanks around it do not count. */
function createOptions(delimiter: string) {
  return { delimiter, trim: true, relax_column_count: true, record_delimiter: ["\r\n", "\n", "\r"] };
}

/**
 * Hands the rows of a text to `take`, one after another, blank ones as one empty cell.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If a quote stands where none may; the message names the row.
 */
export async function readRecords(
  texts: AsyncIterable<string>,
  { delimiter, hasQuotes, subject, take }: CsvDialect & { readonly subject: string; readonly take: TakeRecord },
): Promise<void> {
  // Most files have no quotes; then rows are lines, and cutting them needs no parser.
  if (!hasQuotes) return readLines(texts, (line, row) => take(line.split(delimiter), row));
  let rows = 0;
  const parser = parse({
    ...createOptions(delimiter),
    on_record: (cells: string[]) => {
      rows += 1;
      take(cells, rows);
      return null;
    },
  });
  try {
    await pipeline(texts, parser, drain);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const wanted = "a quoted cell must be quoted as a whole, with its own quotes doubled";
    throw new SyntaxRefusal(`${subject}, row ${rows + 1}: ${wanted}`, { cause: error });
  }
}

/** The cells of one row; undefined where its quotes do not fit this delimiter. */
export function splitRow(text: string, delimiter: string): readonly string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim());
  try {
    const [cells] = parseAtOnce(text, createOptions(delimiter));
    return cells?.map((cell) => cell.trim());
  } catch {
    return undefined;
  }
}

async function readLines(texts: AsyncIterable<string>, take: (line: string, row: number) => void): Promise<void> {
  let [rest, row] = ["", 0];
  for await (const text of texts) {
    const joined = rest + text;
    // "\r" at the end may be the first half of "\r\n".
    const end = joined.endsWith("\r") ? joined.length - 1 : joined.length;
    const lines = joined.slice(0, end).split(LINE_END);
    rest = (lines.pop() ?? "") + joined.slice(end);
    for (const line of lines) take(line, ++row);
  }
  if (rest !== "") take(rest.replace(/\r$/, ""), row + 1);
}

/** Takes what is left of records that were handed on already. */
async function drain(records: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of records);
}
