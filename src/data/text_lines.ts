/** The lines of a text, one at a time, without a byte-order mark and whatever ends them. */
export class TextLines {
  /** The number of the line that `next` gave last, from 1. */
  number = 0;
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith("\uFEFF") ? 1 : 0;
  }

  /** The next line; undefined behind the last. */
  next(): string | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const found = this.#text.indexOf("\n", this.#at);
    const end = found < 0 ? this.#text.length : found;
    const line = this.#text.slice(this.#at, this.#text[end - 1] === "\r" ? end - 1 : end);
    this.#at = end + 1;
    this.number += 1;
    return line;
  }

  /** How many lines `next` has yet to give. */
  countRest(): number {
    let count = 0;
    for (let at = this.#at; at < this.#text.length; count += 1) {
      const end = this.#text.indexOf("\n", at);
      at = end < 0 ? this.#text.length : end + 1;
    }
    return count;
  }
}
