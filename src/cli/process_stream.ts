import process from "node:process";
import type { Writable } from "node:stream";
import type { TextStream } from "../evaluation/loggers/terminal_bars.ts";
import { createStorageError, readErrorCode, type StorageError } from "../runs/storage_error.ts";

/** What is thrown where nobody reads any more: a pipe whose reader has ended, a terminal that was closed. */
const READER_IS_GONE = ["EPIPE", "EIO", "ECONNRESET", "EBADF"];

/** A stream of the process, as its runtime has it. */
export type RuntimeStream = Writable & Pick<TextStream, "isTTY" | "columns">;

/** Variables of which TERM says what the terminal is, and NO_COLOR that no colors are wanted. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Standard output or standard error. A write that fails ends nothing: from then on, what is written is dropped. Bun and
 * Deno tell of a failure by the event "error" or throw it, one or the other by its kind.
 */
export class ProcessStream implements TextStream {
  readonly #stream: RuntimeStream;
  #failure: { readonly cause: unknown } | undefined;
  /** Writes whose end was not told yet. Bun tells of a short write before the long one that came first. */
  #pending = 0;
  #onIdle: () => void = () => {};
  readonly #environment: Environment;

  constructor(stream: RuntimeStream, environment: Environment = process.env) {
    this.#stream = stream;
    this.#environment = environment;
    stream.on("error", (cause: unknown) => this.#fail(cause));
  }

  /** False of a terminal that only writes one character behind another. */
  get isTTY(): boolean {
    return this.#stream.isTTY === true && this.#environment.TERM !== "dumb";
  }

  get isColored(): boolean {
    return this.isTTY && !this.#environment.NO_COLOR;
  }

  get columns(): number | undefined {
    return this.#stream.columns;
  }

  write(text: string): void {
    if (this.#failure) return;
    this.#pending += 1;
    try {
      this.#stream.write(text, (cause) => {
        if (cause) this.#fail(cause);
        this.#pending -= 1;
        if (this.#pending === 0) this.#onIdle();
      });
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /**
   * Waits until everything is written.
   * @returns Why a part of it could not be; undefined also where its reader has gone, who wants no more of it.
   */
  async finish(): Promise<StorageError | undefined> {
    await new Promise<void>((done) => {
      if (this.#failure || this.#pending === 0) done();
      else this.#onIdle = done;
    });
    if (!this.#failure) return undefined;
    const { cause } = this.#failure;
    const isUnread = READER_IS_GONE.includes(String(readErrorCode(cause)));
    return isUnread ? undefined : createStorageError("write standard output", cause);
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#onIdle();
  }
}
