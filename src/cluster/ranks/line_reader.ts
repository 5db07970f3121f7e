/** Longer than any line that is sent. */
const MAX_LINE = 100_000;

/** Puts lines together again from pieces of text that arrive. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes a piece in; calls back for each line that it ends. Returns false if a line has become too long. */
  read(text: string): boolean {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line);
    return this.#rest.length <= MAX_LINE;
  }
}
