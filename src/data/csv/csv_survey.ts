import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { readCsvText } from "./csv_text.ts";

/** What is known of a CSV file before its cells are read. */
export interface CsvSurvey {
  /** The first row that is not blank; empty where there is none. */
  readonly header: string;
  /** How many rows follow it; blank ones do not count. */
  readonly rows: number;
  /** Whether a cell may be quoted. Where none is, rows are lines. */
  readonly hasQuotes: boolean;
}

/** No row of numbers is longer; it may be a quote that is not closed. */
const MAX_ROW_CHARACTERS = 2 ** 24;

/**
 * Goes through a CSV file once: memory can then be taken for all of its numbers at once, and what is not text is
 * refused by its row. Rows count as in a spreadsheet: from 1, the names of the columns and blank rows included.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is not text in this encoding, a row is too long or a quote
 *   is not closed.
 */
export async function surveyCsv(path: string, encoding: string): Promise<CsvSurvey> {
  const scan = new RowScan(path);
  const locate = (validText: string) => {
    scan.add(validText);
    return scan.place;
  };
  for await (const text of readCsvText(path, { encoding, locate })) scan.add(text);
  return scan.finish();
}

const [NUL, TAB, NEWLINE, FORM_FEED, RETURN, BLANK, QUOTE] = [0, 9, 10, 12, 13, 32, 34];

/** Finds where rows end: at a newline outside quotes, "\n", "\r\n" or "\r". */
class RowScan {
  readonly #path: string;
  /** Of the row that is being read, from 1. */
  #row = 1;
  #length = 0;
  #isBlank = true;
  #isQuoted = false;
  #followsReturn = false;
  #header: string | undefined;
  /** Text of the header so far. */
  #start = "";
  #rows = 0;
  #hasQuotes = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The file and the row that is being read, for messages. */
  get place(): string {
    return `${this.#path}, row ${this.#row}`;
  }

  add(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if ((code === NEWLINE || code === RETURN) && !this.#isQuoted) {
        // The second half of "\r\n".
        const isSecond = code === NEWLINE && this.#followsReturn;
        this.#followsReturn = code === RETURN;
        if (!isSecond) this.#endRow(text.slice(start, this.#header === undefined ? i : start));
        start = i + 1;
        continue;
      }
      this.#followsReturn = false;
      this.#length += 1;
      if (code > BLANK && code !== QUOTE) this.#isBlank = false;
      else if (code < TAB || code === QUOTE || (code > FORM_FEED && code < BLANK)) this.#takeSpecial(code);
      if (this.#length > MAX_ROW_CHARACTERS) throw this.#refuseLength();
    }
    if (this.#header === undefined) this.#start += text.slice(start);
  }

  /** @throws {SyntaxRefusal} If a quote is not closed. */
  finish(): CsvSurvey {
    if (this.#isQuoted) throw new SyntaxRefusal(`${this.place}: a quote is not closed`);
    this.#endRow("");
    return { header: this.#header ?? "", rows: this.#rows, hasQuotes: this.#hasQuotes };
  }

  #takeSpecial(code: number): void {
    if (code === NUL) throw new SyntaxRefusal(`${this.place}: holds a NUL character, which no text does`);
    this.#isBlank = false;
    if (code !== QUOTE) return;
    this.#isQuoted = !this.#isQuoted;
    this.#hasQuotes = true;
  }

  #endRow(text: string): void {
    if (!this.#isBlank) {
      if (this.#header === undefined) this.#header = this.#start + text;
      else this.#rows += 1;
    }
    this.#start = "";
    this.#row += 1;
    this.#length = 0;
    this.#isBlank = true;
  }

  #refuseLength(): SyntaxRefusal {
    const cause = this.#isQuoted ? "; a quote may not be closed" : "";
    return new SyntaxRefusal(`${this.place}: a row must have at most ${MAX_ROW_CHARACTERS} characters${cause}`);
  }
}
