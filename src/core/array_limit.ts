import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";
import { RangeRefusal } from "./errors/errors.ts";

/** The longest typed array that both runtimes make. */
const LONGEST_ARRAY_BYTES = 2 ** 32;

/**
 * The most bytes that one array may have whose size a file declares: 4 GiB, or half of the memory where that is less,
 * because samples are copied once, to shared memory.
 */
export function findMaxArrayBytes(): number {
  // Where nothing constrains a process, runtimes answer with a huge number, the whole memory or 0.
  const memory = Math.min(totalmem(), constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.min(LONGEST_ARRAY_BYTES, Math.floor(memory / 2));
}

/**
 * Refuses a declared size before anything of that size is made.
 * @param subject What the message begins with: the file.
 * @throws {RangeRefusal} If `bytes` is more than `findMaxArrayBytes()`.
 */
export function assertArrayBytes(subject: string, bytes: number): void {
  const most = findMaxArrayBytes();
  if (bytes <= most) return;
  throw new RangeRefusal(`${subject}: an array must have at most ${formatBytes(most)}, got ${formatBytes(bytes)}`);
}

/** "100 bytes", "3.0 GiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 2 ** 20) return `${bytes} bytes`;
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
