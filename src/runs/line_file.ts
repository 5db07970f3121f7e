import { closeSync, openSync, writeSync } from "node:fs";

/** Lines are kept in memory up to this many characters. */
const MAX_WAITING = 1 << 16;

/** A text file that grows by whole lines. Small writes are gathered, so that a training step never waits for a disk. */
export class LineFile {
  readonly path: string;
  #descriptor: number | undefined;
  #waiting = "";

  constructor(path: string) {
    this.path = path;
  }

  /** Adds whole lines, each with its newline. */
  append(lines: string): void {
    this.#waiting += lines;
    if (this.#waiting.length > MAX_WAITING) this.flush();
  }

  /** Hands everything to the operating system. The file is made at the first call. */
  flush(): void {
    this.#descriptor ??= openSync(this.path, "a");
    let bytes = new TextEncoder().encode(this.#waiting);
    this.#waiting = "";
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
  }

  close(): void {
    this.flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
