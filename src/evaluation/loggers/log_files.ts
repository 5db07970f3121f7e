import { closeSync, fsyncSync, openSync, statSync, truncateSync } from "node:fs";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/** The size of a file in bytes, 0 where there is none. */
export function readSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Has the operating system hand a file to the disk, so that it outlives a power failure; returns its size in bytes. */
export function syncFile(path: string): number {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return readSize(path);
}

/**
 * Shortens a log to so many bytes.
 * @throws {RangeError} If it is shorter already: a part of it was lost.
 */
export function cutFile(path: string, sizeBytes: number): void {
  const present = readSize(path);
  if (present < sizeBytes) throw new RangeRefusal(needs(`${path}`, `${sizeBytes} bytes or more`, present));
  truncateSync(path, sizeBytes);
}
