import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { createStorageError } from "./storage_error.ts";

/** Lines are kept in memory up to this many characters. */
const MAX_WAITING = 1 << 16;

/**
 * A text file that grows by whole lines. Small writes are gathered, so that a training step never waits for a disk, and
 * a write that fails leaves no part of a line behind: the lines wait for the next attempt.
 */
export class LineFile {
  readonly path: string;
  /** True for a process that only reads what another one writes. */
  readonly #isObserved: boolean;
  /** While true, lines are dropped. */
  isMuted = false;
  #descriptor: number | undefined;
  #sizeBytes = 0;
  #waiting = "";
  /** A write failed; appending does not try again, `flush` does. */
  #hasFailed = false;
  /** Somebody has been told. */
  #isFailureKnown = false;

  constructor(path: string, { isObserved = false }: { readonly isObserved?: boolean } = {}) {
    this.path = path;
    this.#isObserved = isObserved;
  }

  /** Adds whole lines, each with its newline. A disk that refuses them is reported by the next `flush`. */
  append(lines: string): void {
    if (this.isMuted || this.#isObserved) return;
    this.#waiting += lines;
    if (this.#waiting.length <= MAX_WAITING || this.#hasFailed) return;
    try {
      this.#write();
    } catch {
      this.#hasFailed = true;
    }
  }

  /**
   * Hands everything to the operating system. The file is made at the first call.
   * @returns The file's size in bytes.
   * @throws {StorageError} If the disk refuses.
   */
  flush(): number {
    if (this.#isObserved) return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    try {
      this.#write();
    } catch (cause) {
      this.#isFailureKnown = true;
      throw createStorageError(`write ${this.path}`, cause);
    }
    this.#hasFailed = false;
    this.#isFailureKnown = false;
    return this.#sizeBytes;
  }

  /**
   * Like `flush`, and has the operating system hand it to the disk, so that it outlives a power failure.
   * @throws {StorageError} If the disk refuses.
   */
  sync(): number {
    const sizeBytes = this.flush();
    if (this.#isObserved) return sizeBytes;
    try {
      fsyncSync(this.#open());
    } catch (cause) {
      throw createStorageError(`write ${this.path}`, cause);
    }
    return sizeBytes;
  }

  /**
   * Forgets what comes after so many bytes.
   * @throws {StorageError} If the disk refuses.
   */
  truncate(sizeBytes: number): void {
    if (this.#isObserved) return;
    try {
      ftruncateSync(this.#open(), sizeBytes);
    } catch (cause) {
      throw createStorageError(`shorten ${this.path}`, cause);
    }
    this.#waiting = "";
    this.#sizeBytes = sizeBytes;
  }

  /**
   * Writes what is waiting and closes the file.
   * @throws {StorageError} If the disk refuses, and this was not reported yet.
   */
  close(): void {
    try {
      if (this.#waiting !== "" && !this.#isFailureKnown) this.flush();
    } finally {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
  }

  #write(): void {
    const descriptor = this.#open();
    const bytes = new TextEncoder().encode(this.#waiting);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes.subarray(written));
    } catch (error) {
      this.#dropPart(descriptor);
      throw error;
    }
    this.#sizeBytes += bytes.length;
    this.#waiting = "";
  }

  #open(): number {
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.path, "a");
      this.#sizeBytes = fstatSync(this.#descriptor).size;
    }
    return this.#descriptor;
  }

  /** A write that failed may have left a part; to shorten a file needs no space. */
  #dropPart(descriptor: number): void {
    try {
      ftruncateSync(descriptor, this.#sizeBytes);
    } catch {
      // A device, say: what cannot be shortened stays as it is.
    }
  }
}
